"""A page for every module, from its docstrings, as pdoc reads them."""

from __future__ import annotations

import ast
import html
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pdoc.doc

from gradcheck.findings.registry import families
from gradcheck.program import first_sentence
from notebooks.site.code import highlighted
from notebooks.site.docstrings import markdown_of, without_inhabitants
from notebooks.site.documents import PAGES
from notebooks.site.links import ROOT, source_path
from notebooks.site.markdown import Markdown
from notebooks.site.page import Entry, Heading, Page, relative
from notebooks.site.signatures import signature_of

PACKAGES = ("layers", "gradcheck", "nets")
SECTION = ("API", "api/index.html")
DOTTED = re.compile(r"(?<![\w./])\w+(?:\.\w+)+")


def path_of(module: str) -> str:
    """Return the path of a module's page."""
    return f"api/{module}.html"


@cache
def modules() -> tuple[str, ...]:
    """Return the name of every module with a page: not of programs, nor of findings."""
    found = []
    for package in PACKAGES:
        below = pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
        found += [package, *(module.name for module in below if not _is_left_out(module.name))]
    return tuple(found)


def _is_left_out(module: str) -> bool:
    room, _, name = module.rpartition(".")
    parts = room.split(".")
    return name == "__main__" or (parts[:2] == ["gradcheck", "findings"] and len(parts) == 3
                                  and parts[2] in families())


@cache
def imported(module: str) -> ModuleType:
    """Return a module; some are imported for the first time here."""
    return importlib.import_module(module)


def exported(package: str) -> dict[str, tuple[str, Any]]:
    """Return what a package exports from its modules: name -> the module's name, and the thing."""
    module = imported(package)
    found = {}
    for name in getattr(module, "__all__", ()):
        thing = getattr(module, name, None)
        home = getattr(thing, "__module__", package)
        if home != package and home in modules() and getattr(thing, "__name__", "") == name:
            found[name] = (home, thing)
    return found


@cache
def published() -> tuple[str, ...]:
    """Return the modules that users import from: packages, homes of exports, what texts name."""
    named = {*PACKAGES, *(home for package in PACKAGES for home, _ in exported(package).values())}
    for text in (ROOT / "README.md", *(ROOT / PAGES).glob("*.md")):
        named |= set(DOTTED.findall(text.read_text(encoding="utf-8")))
    return tuple(module for module in modules() if module in named)


@cache
def members(module: str) -> tuple[Any, ...]:
    """Return the functions and classes that a module defines and does not hide."""
    documented = pdoc.doc.Module(imported(module)).own_members
    return tuple(member for member in documented if not member.name.startswith("_")
                 and member.kind in ("function", "class") and member.docstring
                 and getattr(member.obj, "__module__", module) == module)


def methods(member: Any) -> list[Any]:
    """Return the methods and properties of a class that have something to say of themselves."""
    if member.kind != "class":
        return []
    return [own for own in member.own_members if not own.name.startswith("_") and own.docstring
            and own.taken_from[0] == member.modulename]


def names() -> Iterator[tuple[str, str]]:
    """Yield every name with a place: modules, what they define, what packages export."""
    for module in modules():
        yield module, path_of(module)
        for member in members(module):
            for own in (member, *methods(member)):
                place = f"{path_of(module)}#{own.qualname}"
                yield own.fullname, place
                if own is not member:
                    yield own.qualname, place
        for name, (home, _) in exported(module).items():
            yield f"{module}.{name}", f"{path_of(home)}#{name}"
            if "_" in name or sum(letter.isupper() for letter in name) > 1:
                yield name, f"{path_of(home)}#{name}"


def pages(markdown: Markdown) -> Iterator[Page]:
    """Yield the page of every module."""
    public = {f"{home}.{name}" for package in PACKAGES
              for name, (home, _) in exported(package).items()} | set(published())
    for module in modules():
        yield _page(module, markdown, public)


def _page(module: str, markdown: Markdown, public: set[str]) -> Page:
    path, docstring = path_of(module), inspect.getdoc(imported(module)) or ""
    said = markdown.docstring(markdown_of(without_inhabitants(docstring)), path, 2)
    found = members(module)
    parts = [f"<h1><code>{module}</code></h1>", said, _source(module, path)]
    parts += _table("Exported", "all-exports", _exports(module), path)
    parts += _table("Modules", "all-modules", _inhabitants(module), path)
    parts += [_member(member, path, markdown) for member in found]
    headings = [Heading(2, member.name, member.qualname) for member in found]
    entries = [Entry(module, "api" if module in public else "inside", path, plain(docstring))]
    entries += [Entry(own.fullname, "api" if member.fullname in public else "inside",
                      f"{path}#{own.qualname}", plain(own.docstring))
                for member in found for own in (member, *methods(member))]
    return Page(path, module, "\n".join(parts), "api", f"package {module.split('.')[0]}",
                plain(docstring), tuple(headings), tuple(entries),
                (SECTION, *_above(module)), is_code=True)


def plain(docstring: str) -> str:
    """Return the first sentence of a docstring without its marks.

    >>> plain("Undo `f` in ``g``. And more.")
    'Undo f in g.'
    """
    return first_sentence(docstring).replace("`", "")


def _above(module: str) -> Iterator[tuple[str, str]]:
    parts = module.split(".")
    for length in range(1, len(parts)):
        name = ".".join(parts[:length])
        yield name, path_of(name)


def _inhabitants(package: str) -> list[tuple[str, str, str]]:
    depth = package.count(".") + 1
    return [(name.rpartition(".")[2], path_of(name),
             plain(inspect.getdoc(imported(name)) or ""))
            for name in modules() if name.startswith(f"{package}.") and name.count(".") == depth]


def _exports(module: str) -> list[tuple[str, str, str]]:
    return [(name, f"{path_of(home)}#{name}", plain(inspect.getdoc(thing) or ""))
            for name, (home, thing) in exported(module).items()]


def _table(title: str, anchor: str, rows: list[tuple[str, str, str]], path: str) -> list[str]:
    if not rows:
        return []
    return [f'<h2 id="{anchor}">{title}</h2>', '<dl class="list">',
            *(f'<div><dt><a href="{relative(path, place)}"><code>{name}</code></a></dt>'
              f"<dd>{html.escape(text)}</dd></div>" for name, place, text in rows), "</dl>"]


def _member(member: Any, path: str, markdown: Markdown, level: int = 2) -> str:
    shown = member.name if level == 2 else member.qualname
    parts = [f'<section class="member" id="{member.qualname}">',
             f"<h{level}><code>{shown}</code> <small>{_kind(member)}</small></h{level}>"]
    text = "" if _kind(member) == "property" else signature_of(member.name, member.obj)
    if text:
        parts.append(highlighted(text, "python", f"Signature of {shown}"))
    parts += [markdown.docstring(markdown_of(member.docstring), path, level + 1),
              _source(member.modulename, path, member.qualname)]
    parts += [_member(own, path, markdown, level + 1) for own in methods(member)]
    return "\n".join([*parts, "</section>"])


def _kind(member: Any) -> str:
    if member.kind == "variable":
        return "property"
    return "class" if member.kind == "class" else ""


def _source(module: str, path: str, qualname: str = "") -> str:
    file = file_of(module)
    line = _lines(file).get(qualname)
    place = relative(path, source_path(file)) + (f"#L{line}" if line else "")
    return f'<p class="source"><a href="{place}">Source</a></p>'


def file_of(module: str) -> str:
    """Return the file of a module, relative to the root."""
    return Path(inspect.getfile(imported(module))).relative_to(ROOT).as_posix()


@cache
def _lines(file: str) -> dict[str, int]:
    """Return in which line each function and class begins, by its name in the module."""
    found: dict[str, int] = {}

    def visit(node: ast.AST, above: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                found[above + child.name] = child.lineno
                visit(child, f"{above}{child.name}.")

    visit(ast.parse((ROOT / file).read_text(encoding="utf-8")), "")
    return found
