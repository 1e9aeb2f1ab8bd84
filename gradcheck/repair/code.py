"""A function of the user's as a syntax tree, compiled anew and put in its own place."""

from __future__ import annotations
import __future__

import ast
import dis
import functools
import linecache
import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any

FUTURE = functools.reduce(
    int.__or__, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names))
# An imported name is called in other instructions, and that moves the targets of jumps.
UNTOLD = frozenset({"PUSH_NULL", "PRECALL", "EXTENDED_ARG", "CACHE", "NOP"})
NULL = re.compile(r"NULL\|self \+ | \+ NULL\|self|NULL \+ | \+ NULL|\(?to [^)]*\)?")
Definition = ast.FunctionDef | ast.Lambda
# Functions that run other code at the moment, and their own.
ORIGINALS: dict[int, tuple[FunctionType, CodeType]] = {}


class NoSourceError(Exception):
    """The source of a function is not there, or is no longer what was run."""


class Source:
    """A function and its definition, with the positions that it has in its file.

    The function is edited by giving it another code object for a while, so whoever holds it, a
    class, a closure or a partial, runs the edited one. Other threads do, too.

    Parameters
    ----------
    function : FunctionType
        A plain function.

    Raises
    ------
    NoSourceError
        There is no source, or it was changed since it was imported.
    """

    def __init__(self, function: FunctionType) -> None:
        self.function, self.code = function, function.__code__
        self.file = self.code.co_filename
        self.lines = linecache.getlines(self.file, function.__globals__)
        for definition, home in _found(self.file, "".join(self.lines), self.code):
            self._home = home
            self.tree = _as_function(definition, self.code.co_name)
            self._module = self._wrapped()
            if _is_same(self.compiled(), self.code):
                return
        raise NoSourceError(f"{self.file} is not what was imported")

    def compiled(self) -> CodeType:
        """Return the code of the tree as it stands now."""
        flags = self.code.co_flags & FUTURE
        module = compile(self._module, self.file, "exec", flags, dont_inherit=True)
        return next(_codes(module, self.code))

    @contextmanager
    def running(self, code: CodeType) -> Iterator[None]:
        """Have the function run other code."""
        ORIGINALS.setdefault(id(self.function), (self.function, self.code))
        self.function.__code__ = code
        try:
            yield
        finally:
            self.function.__code__ = self.code
            ORIGINALS.pop(id(self.function), None)

    def _wrapped(self) -> ast.Module:
        """Return a module around the tree, in which its free names are free, too."""
        inner: list[ast.stmt] = [self.tree]
        if self._home:  # names with two underscores are another class's otherwise
            inner = [ast.ClassDef(self._home, [], [], inner, [])]
        free = self.code.co_freevars
        if free:
            names = [ast.Name(name, ast.Load()) for name in free]
            unused: list[ast.expr] = list(names)
            # what an edit no longer uses has to stay a free name of the code
            self.tree.body.append(ast.If(ast.Constant(False), [ast.Expr(
                ast.Tuple(unused, ast.Load()))], []))
            outer = [ast.arg(name) for name in free]
            inner = [ast.FunctionDef("outer", ast.arguments([], outer, None, [], [], None, []),
                                     inner, [])]
        return ast.fix_missing_locations(ast.Module(inner, []))


def restored() -> None:
    """Have every function run its own code again, wherever an alarm cut an edit short."""
    while ORIGINALS:
        function, code = ORIGINALS.popitem()[1]
        function.__code__ = code


@functools.lru_cache(maxsize=8)
def _parsed(file: str, text: str) -> list[tuple[Definition, str]]:
    """Return every definition in a file, with the class that it stands in."""
    try:
        tree = ast.parse(text, file)
    except (SyntaxError, ValueError) as error:
        raise NoSourceError(f"{file} cannot be parsed") from error
    return list(_definitions(tree, ""))


def _definitions(node: ast.AST, home: str) -> Iterator[tuple[Definition, str]]:
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.ClassDef) else home
        if isinstance(child, Definition):
            yield child, home
        yield from _definitions(child, inside)


def _found(file: str, text: str, code: CodeType) -> Iterator[tuple[Definition, str]]:
    """Yield the definitions that a code object may have been made of."""
    for node, home in _parsed(file, text):
        first = min([node.lineno, *(entry.lineno for entry in getattr(
            node, "decorator_list", []))])
        if first == code.co_firstlineno and getattr(node, "name", "<lambda>") == code.co_name:
            yield node, home


def _is_same(code: CodeType, other: CodeType) -> bool:
    """Whether two code objects do the same."""
    return code.co_freevars == other.co_freevars and _doing(code) == _doing(other)


def _doing(code: CodeType) -> list[tuple[str, str]]:
    """Return instructions, without what depends on how a name came into the module."""
    return [(entry.opname.replace("METHOD", "ATTR"), NULL.sub("", entry.argrepr))
            for entry in dis.get_instructions(code)
            if entry.opname not in UNTOLD and not isinstance(entry.argval, CodeType)
            and "JUMP" not in entry.opname and "FOR_ITER" not in entry.opname]


def _as_function(node: Definition, name: str) -> ast.FunctionDef:
    """Return a definition that can be edited, a lambda as a function that returns its body."""
    if isinstance(node, ast.Lambda):
        body: list[ast.stmt] = [ast.copy_location(ast.Return(node.body), node.body)]
        return ast.copy_location(ast.FunctionDef(name, node.args, body, []), node)
    made = ast.FunctionDef(node.name, node.args, list(node.body), [], None, None)
    return ast.copy_location(_fresh(made), node)


def _fresh(node: Any) -> Any:
    """Return a copy of a tree: the parsed one is shared by all functions of its file."""
    if isinstance(node, list):
        return [_fresh(entry) for entry in node]
    if not isinstance(node, ast.AST):
        return node
    made = type(node)(**{name: _fresh(value) for name, value in ast.iter_fields(node)})
    return ast.copy_location(made, node) if hasattr(node, "lineno") else made


def _codes(code: CodeType, like: CodeType) -> Iterator[CodeType]:
    """Yield the code objects within `code` that are called as `like` is."""
    for entry in code.co_consts:
        if isinstance(entry, CodeType):
            if entry.co_name == like.co_name:
                yield entry
            yield from _codes(entry, like)
