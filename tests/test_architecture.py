"""What stands where, and who may import whom: read from the sources by `ast`, nothing imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from tests import house

ROOT = Path(__file__).resolve().parents[1]
ENTRIES = {"setup.cfg", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE",
           "layers", "gradcheck", "nets", "tests", "notebooks"}
OF_A_SOURCE_ARCHIVE = {"PKG-INFO", "MANIFEST.in"}
PACKAGES = ("layers", "gradcheck", "nets")
ALLOWED = {
    "layers": {"numpy", "scipy"},
    "gradcheck": {"numpy", "scipy", "tqdm"},
    "nets": {"layers", "numpy", "scipy", "tqdm"},
}
# Modules that may import more than their room: at the top, or inside a function only.
MORE_AT_THE_TOP = {
    "gradcheck/mask_laws/shrinking.py": {"hypothesis"},
    "gradcheck/pytest_plugin.py": {"pytest"},
}
MORE_INSIDE_FUNCTIONS = {
    "gradcheck/grading/cluster.py": {"distributed"},
    "gradcheck/adapters/peers.py": {"jax"},
    "gradcheck/mask_laws/run.py": {"pytest"},
    "gradcheck/grading/points.py": {"tomllib", "tomli"},  # tomllib: from Python 3.11 on
    "gradcheck/target/settings.py": {"tomllib", "tomli"},
    "gradcheck/grading/reference.py": {"layers"},
    "nets/data.py": {"sklearn"},
    "nets/learning_curves.py": {"matplotlib"},
    "nets/__main__.py": {"matplotlib"},
    "nets/cli.py": {"distributed"},
    "nets/experiment.py": {"threadpoolctl"},
}
# Whose work is to judge code that draws from NumPy's global generator, and to put it back.
GLOBAL_GENERATOR_RESTORED = {
    "gradcheck/generators.py": "global_generators_restored holds the state of every law",
    "gradcheck/mask_laws/implementation.py": "called inside global_generators_restored only",
    "gradcheck/target/passes.py": "seeds inside global_generators_restored",
    "gradcheck/target/repeatable.py": "called inside target.quiet only",
    "gradcheck/target/tensors.py": "seeds inside global_generators_restored",
}
DRAWS = {"binomial", "bytes", "choice", "integers", "normal", "permutation", "permuted", "rand",
         "randint", "randn", "random", "random_raw", "random_sample", "shuffle",
         "standard_normal", "uniform"}
RELATIVE = ""  # what stands for `from . import x`
LINES_PER_FILE = 300
LINES_PER_TEST = 600
LINES_PER_BODY = 40
LINES_OF_NINE_BODIES_IN_TEN = 17
COMPLEXITY = 15
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler,
            ast.comprehension, ast.match_case)

# Inside gradcheck, every floor may import itself and the floors below.
FLOORS = (
    {"", "__main__", "cli", "command", "pytest_plugin", "classic",
     "dropout_checks", "points"},
    {"grading"},
    {"target"},
    {"repair"},
    {"check"},
    {"run"},
    {"findings"},
    {"contract"},
    {"numeric"},
    {"arguments", "equal", "exceptions", "folded", "foreign", "generators", "grid", "nested",
     "program",
     "progress", "repaired", "workers"},
)
TOP, GRADING, TARGET, REPAIR, CHECK, RUN, FINDINGS, _, _, BASE = FLOORS
# Rooms beside the floors: who may import them, and what they may import.
SIDE_ROOMS = {
    "report": (TOP | GRADING | TARGET | REPAIR | CHECK | RUN | FINDINGS, BASE),
    "mask_laws": (TOP | GRADING | TARGET | REPAIR | {"adapters"}, BASE),
    "adapters": (TOP | GRADING | TARGET, BASE),
    "output": (TOP | GRADING | TARGET, set()),
    "sandbox": (TOP | GRADING | TARGET, set()),
    "examples": (TOP | GRADING | TARGET | REPAIR | CHECK | RUN | FINDINGS, set()),
    "reference": (TOP | GRADING | TARGET | REPAIR | CHECK | RUN | FINDINGS, set()),
    "coverage": (TOP | GRADING | TARGET, set()),
}
# What else one module imports from another, and why.
MORE_INSIDE_GRADCHECK = {
    ("report", "output.html.small"): "a notebook calls _repr_html_, a method of the report",
    ("check", "repair.stage"): "check_layer(repair=...) runs the last stage, which is above it",
    ("report", "output.pointer"): "its text shows lines as the formats do",
    ("repair.diffs", "output.plain"): "a diff quotes the names of files as the patch does",
    ("report", "output.plain"): "to_dict writes numbers as the formats do",
    ("mask_laws.law", "output.html.small"): "a notebook calls _repr_html_ of the results",
    ("output.html.small", "report"): "the type of what it draws; not imported when it runs",
    ("adapters.assertion", "check"): "assert_gradients is check_layer for a test of PyTorch's",
    ("mask_laws.conformance", "adapters.frameworks"): "it runs the laws on the frameworks",
    ("generators", "sandbox.global_generator"):
        "whether the generator has moved is asked on both sides of a pipe as without one",
    ("command.options", ""): "the version stands in the package itself, where setup.cfg reads it",
}
# What is still to be turned round, cut or simplified; a line that is not needed any more fails.
NOT_YET_DOWNWARDS: set[tuple[str, str]] = set()
NOT_YET_SHORT: set[str] = set()
NOT_YET_SIMPLE: set[tuple[str, str]] = set()
# What a rule may import, `findings/<family>/<code>.py`, and what of the findings a lens may.
ROOMS_OF_A_RULE = ("lenses", "view", "rule", "given")
ROOMS_OF_A_LENS = (*ROOMS_OF_A_RULE, "case")

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
    unpacked = (ROOT / "PKG-INFO").exists()
    assert found == ENTRIES | (OF_A_SOURCE_ARCHIVE if unpacked else set())


def test_a_room_imports_only_what_it_may():
    wrong = []
    for path in sources(*PACKAGES):
        room = path.split("/")[0]
        allowed = ALLOWED[room] | {room, RELATIVE, *sys.stdlib_module_names}
        at_the_top = allowed | MORE_AT_THE_TOP.get(path, set())
        inside = at_the_top | MORE_INSIDE_FUNCTIONS.get(path, set())
        wrong += [(path, name) for name in eager_imports(tree(path)) - at_the_top]
        wrong += [(path, name) for name in lazy_imports(tree(path)) - inside]
    assert not wrong


def test_of_the_layers_only_masks_draws_random_numbers():
    drawn = {(path, node.attr) for path in sources("layers") for call in calls(tree(path))
             if isinstance(node := call.func, ast.Attribute) and node.attr in DRAWS}
    assert {path for path, _ in drawn} == {"layers/masks.py"}
    assert not [path for path in sources("layers") if "random" in imports(tree(path))]


def test_no_net_compares_random_numbers_to_make_a_mask():
    """A mask is a draw that is compared with p, or one that is 0 or 1 already."""
    compared = [(path, dotted(call.func)) for path in sources("nets")
                for node in ast.walk(tree(path)) if isinstance(node, ast.Compare)
                for call in calls(node)]
    assert not [found for found in compared if found[1].split(".")[-1] in DRAWS]
    assert not [path for path in sources("nets") for call in calls(tree(path))
                if dotted(call.func).endswith(".binomial")]


def test_nobody_reseeds_the_global_generator_and_leaves_it_so():
    reseeding = {path for path in sources(*PACKAGES) for call in calls(tree(path))
                 if dotted(call.func).endswith("random.seed")}
    assert reseeding <= set(GLOBAL_GENERATOR_RESTORED), "wrap it as mask_laws/samples.py does"
    assert not [path for path in sources(*PACKAGES) for node in ast.walk(tree(path))
                if isinstance(node, ast.ImportFrom) and node.module == "numpy.random"]


def test_forward_and_backward_are_neighbours():
    for path in sources("layers"):
        names = [node.name for node in tree(path).body if isinstance(node, Function)
                 and node.name.endswith(("_forward", "_backward")) and node.name[0] != "_"]
        for name in names:
            if name.endswith("_forward"):
                backward = names[names.index(name) + 1:][:1]
                assert backward == [name.removesuffix("forward") + "backward"], path


def test_every_layer_can_be_imported_from_the_package():
    public = {node.name for path in sources("layers")
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


def test_every_module_is_named_in_the_docstring_of_its_package():
    wrong = [room for room in house.rooms() if sorted(house.named(room)) != list(
        house.inhabitants(room))]
    assert not wrong, "python -m tests.house --write brings it up to date"
    assert not [path for room in house.rooms() for path in house.inhabitants(room).values()
                if not house.docstring(path)]


def room_of(module: str) -> str:
    """Return the room of a module of gradcheck: 'numeric' of 'numeric.ladder'."""
    return module.split(".")[0]


def allowed_rooms(room: str) -> set[str]:
    """Return the rooms of gradcheck that a room may import."""
    if room in SIDE_ROOMS:
        own = SIDE_ROOMS[room][1] | {room}
    else:
        floor = next(i for i, rooms in enumerate(FLOORS) if room in rooms)
        own = set().union(*FLOORS[floor:]) - {""}
    return own | {name for name, (guests, _) in SIDE_ROOMS.items() if room in guests}


def name_inside(path: str) -> str:
    """Return 'numeric.ladder' for 'gradcheck/numeric/ladder.py'; '' is the package itself."""
    parts = Path(path).relative_to("gradcheck").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_inside(node: ast.AST, modules: set[str]) -> set[str]:
    """Return which modules of gradcheck the code below `node` imports, type hints included."""
    names = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            names |= {alias.name for alias in child.names}
        elif isinstance(child, ast.ImportFrom) and child.module:
            below = {f"{child.module}.{alias.name}" for alias in child.names}
            known = {name for name in below if name.removeprefix("gradcheck.") in modules}
            names |= known or {child.module}
    return {name.removeprefix("gradcheck").removeprefix(".") for name in names
            if name.split(".")[0] == "gradcheck"}


def is_rule(module: str) -> bool:
    parts = module.split(".")
    return parts[0] == "findings" and len(parts) == 3 and parts[1] not in ROOMS_OF_A_RULE


def forbidden(module: str, imported: str) -> bool:
    """Say whether one module of gradcheck must not import the other."""
    if (module, imported) in MORE_INSIDE_GRADCHECK:
        return False
    if is_rule(module):
        parts = imported.split(".")
        return parts[0] != "findings" or parts[1] not in ROOMS_OF_A_RULE
    if module.startswith("findings.lenses.") and imported.startswith("findings."):
        return imported.split(".")[1] not in ROOMS_OF_A_LENS
    return room_of(imported) not in allowed_rooms(room_of(module))


@cache
def imported() -> dict[str, set[str]]:
    """Return module of gradcheck -> the modules of gradcheck that it imports."""
    inside = {name_inside(path): path for path in sources("gradcheck")}
    return {module: imports_inside(tree(path), set(inside)) for module, path in inside.items()}


def test_inside_gradcheck_nobody_imports_upwards():
    known = set().union(*FLOORS, SIDE_ROOMS)
    assert {room_of(module) for module in imported()} <= known, (
        "give the room a floor in FLOORS, or a row in SIDE_ROOMS")
    upwards = {(module, name) for module, names in imported().items() for name in names
               if forbidden(module, name)}
    assert not upwards - NOT_YET_DOWNWARDS


def test_every_exception_is_still_needed():
    known = imported()
    stale = {pair for pair in {*MORE_INSIDE_GRADCHECK, *NOT_YET_DOWNWARDS}
             if pair[1] not in known.get(pair[0], ())}
    stale |= {path for path in NOT_YET_SHORT
              if not (ROOT / path).exists() or lines_of_file(path) <= LINES_PER_FILE}
    stale |= {(path, name) for path, name in NOT_YET_SIMPLE
              if not (ROOT / path).exists() or not any(
                  function.name == name and complexity(function) > COMPLEXITY
                  for function in functions(tree(path)))}
    assert not stale, f"delete these lines: {sorted(map(str, stale))}"


@pytest.mark.parametrize(("module", "imported", "wrong"), [
    ("numeric.ladder", "findings.view", True), ("findings.view", "numeric.ladder", False),
    ("sandbox.child", "arguments", True), ("examples.standard", "arguments", True),
    ("output.html.small", "output.record", False), ("output.formats", "report", True),
    ("contract.inspection", "report", True), ("findings.diagnose", "report", False),
    ("findings.whole.scaled", "findings.lenses.factor", False),
    ("findings.whole.scaled", "findings.view", False),
    ("findings.whole.scaled", "findings.whole.transposed", True),
    ("findings.whole.scaled", "findings.masks.shifted", True),
    ("findings.whole.scaled", "numeric.compare", True),
    ("findings.registry", "findings.whole.scaled", False),
    ("findings.lenses.factor", "numeric.compare", False),
    ("findings.lenses.factor", "findings.whole.scaled", True),
    ("target.check", "grading.judge", True), ("grading.judge", "target.load", False),
    ("check", "", True), ("mask_laws.run", "numeric.compare", True),
])
def test_the_table_of_directions_forbids_and_allows(module, imported, wrong):
    assert forbidden(module, imported) is wrong


def lines_of_file(path: str) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def lines_of_body(function: Function) -> int:
    """Return how many lines a function has without its signature and docstring."""
    body = function.body[ast.get_docstring(function) is not None:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def complexity(function: Function) -> int:
    """Return McCabe's number of a function, each `and` and `or` counted as a branch."""
    waiting, count = list[ast.AST](function.body), 1
    while waiting:
        node = waiting.pop()
        count += isinstance(node, BRANCHES)
        count += len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0
        if not isinstance(node, Function | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))
    return count


def test_files_are_short_enough_to_read():
    long = {path for path in sources(*PACKAGES, "tests") if lines_of_file(path) > (
        LINES_PER_TEST if path.startswith("tests/") else LINES_PER_FILE)}
    assert not long - NOT_YET_SHORT


def test_functions_are_short_and_simple_enough_to_read():
    every = [(path, function) for path in sources(*PACKAGES, "tests")
             for function in functions(tree(path))]
    assert not [(path, function.name) for path, function in every
                if lines_of_body(function) > LINES_PER_BODY]
    assert not {(path, function.name) for path, function in every
                if complexity(function) > COMPLEXITY} - NOT_YET_SIMPLE


def test_nine_bodies_in_ten_are_shorter_still():
    lines = sorted(lines_of_body(function) for path in sources("gradcheck")
                   for function in functions(tree(path)))
    assert lines[int(0.9 * len(lines))] <= LINES_OF_NINE_BODIES_IN_TEN


def test_the_complexity_of_a_function_counts_every_branch_once():
    function, _ = functions(ast.parse(
        "def f(a, b):\n"
        "    if a and b or a:\n"           # 3
        "        return [x for x in a]\n"  # 1
        "    def g():\n"                   # another function's branches are its own
        "        if a:\n"
        "            pass\n"
        "    return 1 if b else 2\n"))  # 1
    assert complexity(function) == 6
    assert lines_of_body(function) == 6
