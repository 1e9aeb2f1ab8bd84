"""What stands where, and who may import whom: read from the sources by `ast`, nothing imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENTRIES = {"setup.cfg", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE",
           "layers", "gradcheck", "nets", "tests", "notebooks"}
PACKAGES = ("layers", "gradcheck", "nets")
ALLOWED = {
    "layers": {"numpy", "scipy"},
    "gradcheck": {"numpy", "scipy", "tqdm"},
    "nets": {"layers", "numpy", "scipy", "tqdm"},
}
# Modules that may import more than their room: at the top, or inside a function only.
MORE_AT_THE_TOP = {
    "gradcheck/mask_laws/search.py": {"hypothesis"},
    "gradcheck/pytest_plugin.py": {"pytest"},
}
MORE_INSIDE_FUNCTIONS = {
    "gradcheck/adapters/frameworks.py": {"torch", "jax", "keras", "tensorflow", "flax", "equinox"},
    "gradcheck/mask_laws/run.py": {"pytest"},
    "gradcheck/grading/points.py": {"tomllib", "tomli"},  # tomllib: from Python 3.11 on
    "gradcheck/grading/reference.py": {"layers"},
    "nets/data.py": {"sklearn"},
    "nets/learning_curves.py": {"matplotlib"},
    "nets/__main__.py": {"matplotlib"},
    "nets/_command.py": {"distributed"},
    "nets/_threads.py": {"threadpoolctl"},
}
# Whose work is to judge code that draws from NumPy's global generator, and to put it back.
GLOBAL_GENERATOR_RESTORED = {
    "gradcheck/generators.py": "global_generators_restored holds the state of every law",
    "gradcheck/mask_laws/implementation.py": "called inside global_generators_restored only",
    "gradcheck/grading/judge.py": "seeds inside sandbox.global_generator_restored",
    "gradcheck/target/check.py": "called inside sandbox.global_generator_restored only",
}
DRAWS = {"binomial", "bytes", "choice", "integers", "normal", "permutation", "permuted", "rand",
         "randint", "randn", "random", "random_raw", "random_sample", "shuffle",
         "standard_normal", "uniform"}
RELATIVE = ""  # what stands for `from . import x`
LINES_PER_FILE = 400
LINES_PER_TABLE = 600
LINES_PER_BODY = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*rooms: str) -> list[str]:
    """Return the paths of all modules in the rooms, relative to the root."""
    return sorted(path.relative_to(ROOT).as_posix()
                  for room in rooms for path in (ROOT / room).rglob("*.py"))


@cache
def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def functions(node: ast.AST) -> list[Function]:
    return [child for child in ast.walk(node) if isinstance(child, Function)]


def dotted(node: ast.AST) -> str:
    """Return 'np.random.seed' for that chain of attributes; '' stands for anything else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(node: ast.AST) -> Iterator[ast.Call]:
    return (child for child in ast.walk(node) if isinstance(child, ast.Call))


def imports(node: ast.AST) -> set[str]:
    """Return the top-level names of all packages that the code below `node` imports."""
    names = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            names |= {alias.name for alias in child.names}
        elif isinstance(child, ast.ImportFrom):
            names.add(RELATIVE if child.level else str(child.module))
        elif (isinstance(child, ast.Call) and child.args and isinstance(child.args[0], ast.Constant)
              and dotted(child.func).split(".")[-1] in ("import_module", "__import__")):
            names.add(str(child.args[0].value))
    return {name.split(".")[0] for name in names}


def lazy_imports(module: ast.Module) -> set[str]:
    """Return what only functions import, and what `if TYPE_CHECKING` does: nobody runs that."""
    lazy = [*functions(module), *(node for node in module.body if isinstance(node, ast.If)
                                  and dotted(node.test).endswith("TYPE_CHECKING"))]
    return set().union(*map(imports, lazy)) if lazy else set()


def eager_imports(module: ast.Module) -> set[str]:
    """Return what importing the module imports, in its body or in a class's."""
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, Function):
            continue
        if isinstance(node, ast.If) and dotted(node.test).endswith("TYPE_CHECKING"):
            continue
        names |= imports(node) - set().union(set(), *map(imports, functions(node)))
    return names


def exported(room: str) -> dict[str, str]:
    """Return name -> module path of everything in a package's __all__."""
    module = tree(f"{room}/__init__.py")
    origin = {alias.asname or alias.name: f"{(node.module or '').replace('.', '/')}.py"
              for node in ast.walk(module) if isinstance(node, ast.ImportFrom)
              for alias in node.names}
    listed = [ast.literal_eval(node.value) for node in module.body if isinstance(node, ast.Assign)
              and any(dotted(target) == "__all__" for target in node.targets)]
    assert listed, f"{room}/__init__.py has no __all__"
    return {name: origin[name] for name in listed[0]
            if name in origin and (ROOT / origin[name]).exists()}  # a submodule has no origin


def definition(path: str, name: str) -> Function | ast.ClassDef | None:
    """Return the function or class that a module calls `name`; None for a constant."""
    return next((node for node in tree(path).body
                 if isinstance(node, Function | ast.ClassDef) and node.name == name), None)


def test_the_root_holds_exactly_the_listed_entries():
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")
             and not any(fnmatch(path.name, pattern) for pattern in ignored)}
    assert found == ENTRIES


@pytest.mark.parametrize("path", sources(*PACKAGES))
def test_a_room_imports_only_what_it_may(path):
    room = path.split("/")[0]
    module = tree(path)
    allowed = ALLOWED[room] | {room, RELATIVE, *sys.stdlib_module_names}
    at_the_top = allowed | MORE_AT_THE_TOP.get(path, set())
    assert eager_imports(module) <= at_the_top
    assert lazy_imports(module) <= at_the_top | MORE_INSIDE_FUNCTIONS.get(path, set())


@pytest.mark.parametrize("path", sources("layers"))
def test_of_the_layers_only_masks_draws_random_numbers(path):
    if path == "layers/masks.py":
        return
    module = tree(path)
    drawn = {node.attr for call in calls(module)
             if isinstance(node := call.func, ast.Attribute) and node.attr in DRAWS}
    assert not drawn
    assert "random" not in imports(module)


@pytest.mark.parametrize("path", sources("nets"))
def test_no_net_compares_random_numbers_to_make_a_mask(path):
    """A mask is a draw that is compared with p, or one that is 0 or 1 already."""
    module = tree(path)
    compared = [call for node in ast.walk(module) if isinstance(node, ast.Compare)
                for call in calls(node)]
    assert not {dotted(call.func) for call in compared
                if dotted(call.func).split(".")[-1] in DRAWS}
    assert not [call for call in calls(module) if dotted(call.func).endswith(".binomial")]


@pytest.mark.parametrize("path", sources(*PACKAGES))
def test_nobody_reseeds_the_global_generator_and_leaves_it_so(path):
    module = tree(path)
    reseeds = any(dotted(call.func).endswith("random.seed") for call in calls(module))
    assert not reseeds or path in GLOBAL_GENERATOR_RESTORED, "wrap it as _dropout_samples.py does"
    assert "numpy.random" not in {node.module for node in ast.walk(module)
                                  if isinstance(node, ast.ImportFrom)}


def test_forward_and_backward_are_neighbours():
    for path in sources("layers"):
        names = [node.name for node in tree(path).body if isinstance(node, Function)
                 and node.name.endswith(("_forward", "_backward")) and node.name[0] != "_"]
        for name in names:
            if name.endswith("_forward"):
                backward = names[names.index(name) + 1:][:1]
                assert backward == [name.removesuffix("forward") + "backward"], path


def test_every_layer_can_be_imported_from_the_package():
    public = {node.name for path in sources("layers") if "/_" not in path
              for node in tree(path).body if isinstance(node, Function) and node.name[0] != "_"
              and node.name.endswith(("_forward", "_backward_alt", "_loss"))}
    public |= {f"{name.removesuffix('_forward')}_backward" for name in public
               if name.endswith("_forward")}
    assert not public - set(exported("layers"))


@pytest.mark.parametrize("room", PACKAGES)
def test_every_exported_function_has_an_example_and_every_class_a_docstring(room):
    found = {name: definition(path, name) for name, path in exported(room).items()}
    defined = {name: node for name, node in found.items() if node is not None}
    assert defined
    assert not [name for name, node in defined.items() if not ast.get_docstring(node)]
    assert not [name for name, node in defined.items()
                if isinstance(node, Function) and ">>> " not in str(ast.get_docstring(node))]


@pytest.mark.parametrize("path", sources(*PACKAGES, "tests"))
def test_files_and_functions_are_short_enough_to_read(path):
    length = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    # a table of cases may be longer than code
    assert length <= (LINES_PER_TABLE if path.startswith("tests/") else LINES_PER_FILE)
    for function in functions(tree(path)):
        body = function.body[ast.get_docstring(function) is not None:]
        lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
        assert lines <= LINES_PER_BODY, f"{function.name}: {lines} lines"
