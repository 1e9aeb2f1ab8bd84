"""The submission's side of the sandbox: imports one file and evaluates its functions on request.

Run as a script, never imported. It decides nothing: what it writes are values and exceptions, and
the judge in the other process compares them with what it knows and this process does not.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import importlib.util
import inspect
import itertools
import json
import os
import sys
import threading
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

NAME_LIMIT = 100
KEPT_OBJECTS = 20_000
MOST_WARNINGS = 20
MOST_CALLS, MOST_FUNCTIONS = 8, 30
BLOCKED = ("layers", "nets", "gradcheck")
NEIGHBOURS = "_sandbox"  # a submission may have modules of their bare names


def _load(name: str) -> Any:
    """Load a neighbour of this file, which imports nothing else of the package, by its path."""
    if NEIGHBOURS not in sys.modules:
        package = types.ModuleType(NEIGHBOURS)
        package.__path__ = [str(Path(__file__).parent)]
        sys.modules[NEIGHBOURS] = package
    return importlib.import_module(f"{NEIGHBOURS}.{name}")


class Blocked:
    """A finder in front of all others that knows no reference solution.

    A package that lies among the judge's tools is without it, and is not refused.
    """

    def __init__(self, tools: Sequence[str]) -> None:
        self._blocked = {name for name in BLOCKED
                         if not any(Path(folder, name).exists() for folder in tools)}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Refuse the packages that hold the answers; leave the rest to the other finders."""
        if name.partition(".")[0] in self._blocked:
            raise ModuleNotFoundError(f"No module named {name!r}: a submission cannot import the "
                                      "reference; expected NumPy, SciPy and the file's own code",
                                      name=name)


class Server:
    """Answers requests on one pair of descriptors until the other side closes."""

    def __init__(self, neighbours: Sequence[Any], config: dict[str, Any], told: Any) -> None:
        import numpy as np

        self._np = np
        self._wire, self._frames, self._telling, global_generator = neighbours
        self._generator = global_generator.GlobalGenerator()
        self._requests, self._replies = config["requests"], config["replies"]
        self._own, self._told = Path(config["own"]), told
        self._module = types.ModuleType("submission")
        self._functions: dict[str, Callable[..., Any]] = {}
        self._kept: dict[int, Any] = {}
        self._handles = 0

    def serve(self, limit_memory: Callable[[], None]) -> None:
        """Read a request, answer it, and so on."""
        answers = {"load": self._load_module, "calls": self._evaluate, "tool": self._use}
        limit_memory()
        self._send(0, self._told, self._wire.Encoder())
        while (header := self._read(self._frames.HEADER.size)) is not None:
            _, number, text_size, payload_size = self._frames.HEADER.unpack(header)
            text, payload = self._read(text_size), self._read(payload_size)
            if text is None or payload is None:
                return
            try:
                tree, arrays = self._frames.unpack(bytes(text), memoryview(payload))
                ((verb, body),) = tree.items()
                for reply, encoder in answers[verb](body, arrays):
                    self._send(number, reply, encoder)
            except BaseException as error:
                self._send(number, {"error": self._telling.describe(error)}, self._wire.Encoder())

    def _read(self, size: int) -> bytearray | None:
        data = bytearray(size)
        view, start = memoryview(data), 0
        while start < size:
            count = os.readv(self._requests, [view[start:]])
            if count == 0:
                return None
            start += count
        return data

    def _send(self, number: int, reply: Any, encoder: Any) -> None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # The submission may have closed or replaced it.
                continue
        try:
            pieces = self._frames.pack(number, reply, encoder.arrays)
        except BaseException as error:
            pieces = self._frames.pack(number, {"error": self._telling.describe(error)}, [])
        self._frames.write_all(self._replies, pieces)

    def _load_module(self, body: Any, arrays: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Import the submission from its source, and tell its functions."""
        paths = [Path.cwd() / name for name in body["files"]]
        for path, source in zip(paths, arrays, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.tobytes())
        _link(self._own, paths[0].parent if len(paths) == 1 else Path.cwd() / self._own.name)
        load = partial(_module_of_package, body["files"][0]) if len(paths) > 1 else partial(
            _module_of, paths[0], _name_of(paths[0]))
        self._module, lacking = _load("absent").loaded(load, BLOCKED)
        module = self._module
        self._functions = {name: value for name, value in dict(vars(module)).items()
                           if callable(value) and not isinstance(value, type)
                           and name.isidentifier() and len(name) <= NAME_LIMIT}
        yield {"functions": [[name, self._telling.parameters(value)]
                             for name, value in list(self._functions.items())[:500]],
               "lacking": lacking}, self._wire.Encoder()

    def _use(self, body: Any, arrays: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Hand the submission to one of the judge's tools, and answer with what that says."""
        tool = importlib.import_module(body["name"])
        request = self._wire.Decoder(arrays, []).decode(body["request"])
        yield {"told": tool.answer(self._module, request)}, self._wire.Encoder()

    def _evaluate(self, body: Any, arrays: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Call a function at one set of arguments after the other, until it raises."""
        rest = iter(arrays)
        (state, given), *calls = [(tree, list(itertools.islice(rest, count)))
                                  for tree, count in body["trees"]]
        if state is not None:
            self._np.random.set_state(self._wire.Decoder(given, []).decode(state))
        before = self._generator.mark
        for left, (tree, given) in zip(range(len(calls))[::-1], calls, strict=True):
            reply, encoder = self._call(body, tree, given)
            # The judge needs to know of the last alone where the global generator has got to.
            moved = not left and self._generator.mark != before
            reply["state"] = encoder.encode(self._generator.state) if moved else None
            yield reply, encoder

    def _call(self, body: Any, tree: Any, arrays: list[Any]) -> tuple[Any, Any]:
        """Call one function; answer with its value and with what it changed in its arguments."""
        decoder = self._wire.Decoder(arrays, [], lambda handle, _: self._kept[handle])
        args = decoder.decode(tree)
        known = list(decoder.objects)
        before = [self._telling.snapshot(value) for value in known]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value, calls = self._watched(body, args)
        encoder = self._wire.Encoder(known, self._keep)
        return {
            "value": encoder.encode(value),
            "changes": [[index, encoder.encode(copy.copy(value))]
                        for index, (value, old) in enumerate(zip(known, before, strict=True))
                        if not self._telling.same(self._telling.snapshot(value), old)],
            "warnings": [self._telling.warning(entry) for entry in caught[:MOST_WARNINGS]],
            "calls": [[encoder.encode(entry) for entry in call] for call in calls],
        }, encoder

    def _watched(self, body: Any, args: Any) -> tuple[Any, list[list[Any]]]:
        """Return a call's value, and the arrays that another function's file is given in calls."""
        other, calls = self._functions.get(body["watch"]), list[list[Any]]()
        if other is None:
            return self._functions[body["name"]](*args), calls
        file = getattr(getattr(inspect.unwrap(other), "__code__", None), "co_filename", None)
        counts = Counter[types.CodeType]()

        def note(frame: types.FrameType, event: str, _: Any) -> None:
            code = frame.f_code
            if event == "call" and code.co_filename == file and counts[code] < MOST_CALLS and (
                    len(counts) < MOST_FUNCTIONS):
                counts[code] += 1
                given = [frame.f_locals[name] for name in code.co_varnames[:code.co_argcount]]
                calls.append([value.copy() for value in given
                              if type(value) is self._np.ndarray and value.dtype.kind in "fc"])

        threading.setprofile(note)
        sys.setprofile(note)
        try:
            return self._functions[body["name"]](*args), calls
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _keep(self, value: Any) -> int:
        self._handles += 1
        self._kept[self._handles] = value
        if len(self._kept) > KEPT_OBJECTS:
            del self._kept[next(iter(self._kept))]
        return self._handles


def _link(own: Path, place: Path) -> None:
    """Let a submission's other files be found where it runs; its sources are there already."""
    for name in os.listdir(own) if os.path.isdir(own) else ():
        with contextlib.suppress(OSError):
            os.symlink(own / name, place / name)


def _name_of(path: Path) -> str:
    """Return the name of a file's module: its own where that is free."""
    stem = path.stem
    free = stem in BLOCKED or (stem.isidentifier() and stem not in sys.modules
                               and importlib.util.find_spec(stem) is None)
    return stem if free else "submission"


def _module_of(path: Path, name: str) -> types.ModuleType:
    """Run a file as a module."""
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(path.read_bytes(), path.name, "exec", dont_inherit=True), module.__dict__)
    return module


def _module_of_package(file: str) -> types.ModuleType:
    """Import a file as a module of its package, which lies in the current folder."""
    sys.path.insert(0, str(Path.cwd()))
    return importlib.import_module(
        ".".join(Path(file).with_suffix("").parts).removesuffix(".__init__"))


def _inner(config: dict[str, Any], notes: list[str], enclosed: bool, uid: int) -> None:
    """Give everything up, then serve; this process runs the submission."""
    jail, landlock, seccomp, printing, *neighbours = map(_load, (
        "jail", "landlock", "seccomp", "printing", "wire", "frames", "telling", "global_generator"))
    _load("absent")
    place = [config[name] for name in ("scratch", "readable", "hidden", "own")]
    walls = {
        "namespaces": lambda: notes.extend(jail.enclose(*place)),
        "landlock": lambda: landlock.restrict(*place),
        "user": lambda: jail.refuse_exposed(config["secret"]),
    }
    confined = enclosed = enclosed and _tried("namespaces", walls["namespaces"], notes)
    jail.limit(config["cpu"], confined)
    notes += jail.drop_privileges(uid, config["scratch"], config["needed"])
    jail.die_with_parent()
    os.chdir(config["scratch"])
    for name in ("landlock", "user"):
        confined = confined or (name in config["walls"] and _tried(name, walls[name], notes))
    if not _tried("seccomp", lambda: seccomp.restrict(enclosed), notes):
        notes.append("new processes and sockets are not forbidden")
    sys.meta_path.insert(0, Blocked(config["tools"]))
    sys.path[:0] = config["tools"]
    sys.argv = [""]
    sys.stdout, sys.stderr = printing.capped(sys.stdout), printing.capped(sys.stderr)
    server = Server(neighbours, config, {"notes": notes, "confined": confined})
    server.serve(lambda: jail.limit_memory(config["memory"]))


def _tried(name: str, step: Callable[[], object], notes: list[str]) -> bool:
    """Take a step that the system may refuse; tell why it did."""
    try:
        step()
    except OSError as error:
        notes.append(f"without {name} ({error})")
        return False
    return True


def main() -> None:
    """Split in two: a warden that waits, and inside new namespaces the one that serves."""
    config = json.loads(sys.argv[1])
    sys.path += [path for path in config["path"] if path not in sys.path]
    jail = _load("jail")
    jail.die_with_parent()
    jail.die_first()
    notes: list[str] = []
    enclosed = "namespaces" in config["walls"] and _tried("namespaces", jail.unshare, notes)
    uid = jail.FIRST_UID + os.getpid()
    inner = os.fork()
    if inner == 0:
        _inner(config, notes, enclosed, uid)
        os._exit(0)
    os.write(config["replies"], inner.to_bytes(8, "little"))
    for descriptor in (config["requests"], config["replies"]):
        os.close(descriptor)
    code = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
