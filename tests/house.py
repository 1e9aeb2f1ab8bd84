"""The map of the house: what stands in which room, read from the docstrings.

    python -m tests.house            print every package and module with the first line it says
    python -m tests.house --write    bring the lists in the packages' docstrings up to date

A package's docstring names its modules and subpackages, a line each: the name, two spaces or more,
and what it is. `--write` takes lines of modules that are gone out of it, and adds the missing ones
at its end, with the first line of their own docstrings.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("layers", "gradcheck", "nets")
WIDTH, COLUMN = 100, 22
ENTRY = re.compile(r"^(\w+)/?  +\S")


def rooms(*packages: str) -> Iterator[Path]:
    """Yield the folder of each package and of all packages in it, outermost first."""
    for package in packages or PACKAGES:
        yield from sorted(init.parent for init in (ROOT / package).rglob("__init__.py"))


def inhabitants(room: Path) -> dict[str, Path]:
    """Return name -> file of every module and subpackage that stands directly in a room."""
    modules = {path.stem: path for path in room.glob("*.py") if path.name != "__init__.py"}
    packages = {init.parent.name: init for init in room.glob("*/__init__.py")}
    return dict(sorted({**modules, **packages}.items()))


def docstring(path: Path) -> str:
    """Return the docstring of a file, without its indentation; '' if there is none."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def named(room: Path) -> list[str]:
    """Return the names that the docstring of a package lists."""
    entries = map(ENTRY.match, docstring(room / "__init__.py").splitlines())
    return [entry[1] for entry in entries if entry]


def line(name: str, path: Path, indent: str = "", width: int | None = None) -> str:
    """Return one line: the name, and the first line of the docstring, or what fits of it."""
    label = f"{indent}{name}{'/' * (path.name == '__init__.py')}"
    head = f"{label:<{COLUMN}}  "
    said = (docstring(path).splitlines() or [""])[0]
    return head + (said if width is None else cut(said, width - len(head)))


def cut(text: str, width: int) -> str:
    """Return what fits of a sentence: whole clauses, or words where a clause would say little."""
    if len(text) <= width:
        return text
    ends = [match.start() for match in re.finditer(r"[:;,] ", text)
            if width / 2 <= match.start() <= width]
    return text[:ends[-1]] if ends else textwrap.shorten(text, width, placeholder=" ...")


def plan(room: Path, depth: int = 0) -> Iterator[str]:
    """Yield the lines of a room and of everything in it."""
    yield line(room.name, room / "__init__.py", "  " * depth)
    for name, path in inhabitants(room).items():
        if path.name == "__init__.py":
            yield from plan(path.parent, depth + 1)
        else:
            yield line(name, path, "  " * (depth + 1))


def missing(room: Path) -> list[str]:
    """Return the lines that the docstring of a package lacks."""
    listed = set(named(room))
    return [line(name, path, width=WIDTH) for name, path in inhabitants(room).items()
            if name not in listed]


def up_to_date(room: Path) -> str:
    """Return the text of a package's __init__.py with its list as it should be."""
    text = (room / "__init__.py").read_text(encoding="utf-8")
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.Expr), f"{room.name} has no docstring"
    here = inhabitants(room)
    kept = [said for said in docstring(room / "__init__.py").splitlines()
            if not (entry := ENTRY.match(said)) or entry[1] in here]
    added = missing(room)
    if added and not named(room):
        kept.append("")
    quoted = "\n".join(['"""' + kept[0], *kept[1:], *added])
    closing = "\n" if len(kept) + len(added) > 1 else ""
    lines = text.splitlines(keepends=True)
    before, after = lines[:node.lineno - 1], lines[node.end_lineno:]
    return "".join([*before, quoted, closing, '"""\n', *after])


def main(argv: Sequence[str] | None = None) -> int:
    """Print the map, or write the lists; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.house", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="bring the packages' lists up to date")
    if not parser.parse_args(argv).write:
        print("\n".join(said for package in PACKAGES for said in plan(ROOT / package)))
        return 0
    for room in rooms():
        text = up_to_date(room)
        if text != (room / "__init__.py").read_text(encoding="utf-8"):
            (room / "__init__.py").write_text(text, encoding="utf-8")
            print(f"wrote {(room / '__init__.py').relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
