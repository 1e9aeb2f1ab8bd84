"""Build the notebooks, and the homework as a plain file, from the percent scripts.

    python -m notebooks.build            write source/dropout/*.ipynb and gradescope/*.py
    python -m notebooks.build --check    write nothing; exit with 1 if a file is out of date

A script is the source that is reviewed; its cells are marked for nbgrader like this::

    # %% solution="affine"               the student writes what stands between the SOLUTION marks
    # %% test="affine" points=4          graded, locked
    # %% locked="setup"                  not graded, but put back before grading
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCRIPTS, NOTEBOOKS, GRADESCOPE = HERE / "scripts", HERE / "source" / "dropout", HERE / "gradescope"

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
ROLES = {
    "solution": {"solution": True, "locked": False, "grade": False},
    "test": {"solution": False, "locked": True, "grade": True},
    "locked": {"solution": False, "locked": True, "grade": False},
}
SOLUTION = re.compile(r"( *)### BEGIN SOLUTION\n.*?### END SOLUTION\n?", re.DOTALL)
STUB = "# YOUR CODE HERE\nraise NotImplementedError()\n"
PLAIN = {"2_layers": ("affine", "relu", "batchnorm", "softmax_loss"),
         "3_dropout": ("dropout-forward", "dropout-backward", "vanilla_dropout")}
BRINGS = '''# toolbox.py lies beside this notebook; a notebook that is alone brings it along.
import importlib.util
import sys
import types

if importlib.util.find_spec("toolbox") is None:
    sys.modules["toolbox"] = types.ModuleType("toolbox")
    exec(r\'\'\'\n{text}\'\'\', vars(sys.modules["toolbox"]))
'''
PLAIN_HEAD = '''{noqa}"""{what}

Check it with `gradcheck check {name}`, and grade it as the autograder does with
`gradcheck grade --points points.toml {name}`.
"""

import numpy as np
'''


def notebook(script: Path) -> str:
    """Return the notebook of a script, as the text of its file."""
    import jupytext
    import nbformat

    book = jupytext.read(script, fmt="py:percent")
    book.metadata = nbformat.from_dict(KERNEL)
    book.nbformat, book.nbformat_minor = 4, 5
    for number, cell in enumerate(book.cells):
        cell.metadata = nbformat.from_dict(metadata(cell.metadata))
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.id = grade_id or f"cell-{number:02d}"
    book.cells.insert(1, toolbox())
    nbformat.validate(book)
    return nbformat.writes(book) + "\n"


def toolbox() -> Any:
    """Return the cell that stands for toolbox.py where that file is not there."""
    import nbformat

    text = (NOTEBOOKS / "toolbox.py").read_text(encoding="utf-8")
    cell = nbformat.v4.new_code_cell(BRINGS.format(text=text).rstrip("\n"))
    cell.metadata = nbformat.from_dict({**metadata({"locked": "toolbox"}),
                                        "jupyter": {"source_hidden": True}})
    cell.id = "locked-toolbox"
    return cell


def metadata(marks: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's metadata for nbgrader, from the marks in its script.

    >>> metadata({"test": "affine", "points": 4})["nbgrader"]["grade_id"]
    'test-affine'
    """
    for role, flags in ROLES.items():
        if role in marks:
            entry = {"schema_version": 3, "grade_id": f"{role}-{marks[role]}", "task": False,
                     **flags}
            if role == "test":
                entry["points"] = marks["points"]
            return {"nbgrader": entry}
    return {}


def plain_files() -> dict[Path, str]:
    """Return the solution, and the template with the solutions cut out, as plain files."""
    cells = [cell for stem, names in PLAIN.items()
             for cell in solutions(SCRIPTS / f"{stem}.py", names)]
    text = "\n\n".join(cell.strip() + "\n" for cell in cells)
    solved = re.sub(r" *### (BEGIN|END) SOLUTION\n", "", text)
    template = without_solutions(text)
    unused = "# ruff: noqa: F841 - names that the student will use\n"
    files = {"homework.py": (unused, "The homework: fill in the functions.", template),
             "solution.py": ("", "The homework, solved.", solved)}
    return {GRADESCOPE / name: PLAIN_HEAD.format(noqa=noqa, what=what, name=name) + "\n\n" + body
            for name, (noqa, what, body) in files.items()}


def without_solutions(text: str) -> str:
    r"""Return code as a student gets it.

    >>> marked = "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n"
    >>> print(without_solutions(marked), end="")
    def f(x):
        # YOUR CODE HERE
        raise NotImplementedError()
    """
    return SOLUTION.sub(_stub, text)


def _stub(match: re.Match[str]) -> str:
    return "".join(match[1] + line + "\n" for line in STUB.splitlines())


def solutions(script: Path, names: tuple[str, ...]) -> list[str]:
    """Return the solution cells of the named exercises."""
    import jupytext

    return [cell.source for cell in jupytext.read(script, fmt="py:percent").cells
            if cell.metadata.get("solution") in names]


def built() -> dict[Path, str]:
    """Return every generated file and its text."""
    books = {NOTEBOOKS / f"{script.stem}.ipynb": notebook(script)
             for script in sorted(SCRIPTS.glob("*.py"))}
    return {**books, **plain_files()}


def main(argv: list[str] | None = None) -> int:
    """Write the files, or say which of them are out of date."""
    parser = argparse.ArgumentParser(prog="python -m notebooks.build", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if stale")
    check = parser.parse_args(argv).check
    stale = {path: text for path, text in built().items()
             if not path.exists() or path.read_text(encoding="utf-8") != text}
    for path, text in stale.items():
        print(f"{'out of date' if check else 'wrote'}: {path.relative_to(HERE.parent)}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
