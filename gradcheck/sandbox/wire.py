"""How values become JSON and arrays, and values again, on either side of a submission's pipes.

What crosses is Python's own scalars and containers, arrays of numbers and NumPy's generators, and
nothing else; any other object of the submission stays there, and a handle stands for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .frames import KINDS, WireError

MAX_DEPTH = 30
MOST_KEYS = 10_000
BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


class Opaque:
    """An object that stays in the submission's process; this is its handle on the other side."""

    def __init__(self, handle: int, type_name: str) -> None:
        self.handle = handle
        self.type_name = type_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and other.handle == self.handle

    def __hash__(self) -> int:
        return hash(self.handle)

    def __repr__(self) -> str:
        return f"<{self.type_name} object in the submission's process>"


class Encoder:
    """Turns values into JSON and arrays; an object met twice is sent once.

    Parameters
    ----------
    known : list of objects
        Containers and arrays that the other side has already; they are sent as references.
    keep : callable, optional
        Takes an object that cannot cross and returns a handle; without it such objects are
        refused.
    """

    def __init__(self, known: list[Any] = [], keep: Callable[[Any], int] | None = None) -> None:  # noqa: B006
        self.objects: list[Any] = list(known)
        self.arrays: list[np.ndarray[Any, Any]] = []
        self._seen = {id(value): index for index, value in enumerate(known)}
        self._open = set[int]()
        self._keep = keep

    def encode(self, value: Any, depth: int = 0) -> Any:
        """Return `value` as JSON's types, its arrays added to `self.arrays`."""
        kind = type(value)
        if value is None or kind in (bool, str):
            return value
        if kind is int:
            return value if abs(value) < 2**53 else {"i": str(value)}
        if kind is float:
            return {"f": value.hex()} if not math.isfinite(value) else value
        if kind is complex:
            return {"c": [value.real.hex(), value.imag.hex()]}
        if id(value) in self._open:  # it holds itself
            return self._opaque(value)
        if id(value) in self._seen:
            return {"r": self._seen[id(value)]}
        if depth > MAX_DEPTH:
            raise WireError(f"a value is nested more than {MAX_DEPTH} deep")
        self._open.add(id(value))
        try:
            return self._encode_object(value, kind, depth)
        finally:
            self._open.discard(id(value))

    def _encode_object(self, value: Any, kind: type, depth: int) -> Any:
        if kind is np.ndarray and value.dtype.kind in KINDS:
            self._remember(value)
            self.arrays.append(value)
            return {"a": len(self.arrays) - 1}
        if isinstance(value, np.generic) and value.dtype.kind in KINDS:
            self.arrays.append(np.asarray(value))
            return {"s": len(self.arrays) - 1}
        if kind is tuple or kind is list:
            self._remember(value)
            return {"t" if kind is tuple else "l": [self.encode(v, depth + 1) for v in value]}
        if kind is dict and set(map(type, value)) <= {str}:
            self._remember(value)
            return {"d": [[key, self.encode(entry, depth + 1)] for key, entry in value.items()]}
        if kind in (np.random.Generator, np.random.RandomState):
            self._remember(value)
            return {"g": [kind.__name__, self.encode(_state(value), depth + 1)]}
        if isinstance(value, Opaque):
            return {"o": [value.handle, value.type_name]}
        return self._opaque(value)

    def _opaque(self, value: Any) -> Any:
        if self._keep is None:
            raise WireError(f"an object of type {type(value).__name__} cannot be sent to a "
                            "submission; expected arrays of numbers, Python scalars, tuples, "
                            "lists, NumPy generators, and dicts with strings for keys")
        return {"o": [self._keep(value), _type_name(value)]}

    def _remember(self, value: Any) -> None:
        self._seen[id(value)] = len(self.objects)
        self.objects.append(value)


class Decoder:
    """Turns JSON and arrays back into values, the mirror of `Encoder`.

    Parameters
    ----------
    arrays : list of ndarray
        The arrays of the frame.
    known : list of objects
        What references below ``len(known)`` stand for.
    resolve : callable
        Takes a handle and a type's name, and returns the object.
    """

    def __init__(
        self,
        arrays: list[np.ndarray[Any, Any]],
        known: list[Any],
        resolve: Callable[[int, str], Any] = Opaque,
    ) -> None:
        self.objects: list[Any] = list(known)
        self._arrays = arrays
        self._resolve = resolve
        self._depth = 0

    def decode(self, tree: Any) -> Any:
        """Return the value that `tree` stands for."""
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        if not isinstance(tree, dict) or len(tree) != 1:
            raise WireError("a value of the frame is malformed")
        ((tag, body),) = tree.items()
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH + 1:
                raise WireError(f"a value of the frame is nested more than {MAX_DEPTH} deep")
            return getattr(self, f"_{_TAGS[tag]}")(body)
        except WireError:
            raise
        except (KeyError, TypeError, IndexError, ValueError, OverflowError) as error:
            raise WireError(f"a value of the frame is malformed ({type(error).__name__})") from None
        finally:
            self._depth -= 1

    def _int(self, body: str) -> int:
        if len(body) > 100:
            raise WireError("an integer of the frame is too long")
        return int(body)

    def _float(self, body: str) -> float:
        return float.fromhex(body)

    def _complex(self, body: list[str]) -> complex:
        return complex(float.fromhex(body[0]), float.fromhex(body[1]))

    def _array(self, body: int) -> Any:
        self.objects.append(self._arrays[body])
        return self._arrays[body]

    def _scalar(self, body: int) -> Any:
        return self._arrays[body].reshape(())[()]

    def _reference(self, body: int) -> Any:
        if self.objects[body] is _UNFINISHED:
            raise WireError("a value of the frame holds itself")
        return self.objects[body]

    def _tuple(self, body: list[Any]) -> tuple[Any, ...]:
        place = len(self.objects)
        self.objects.append(_UNFINISHED)
        self.objects[place] = tuple(self.decode(entry) for entry in body)
        return self.objects[place]

    def _list(self, body: list[Any]) -> list[Any]:
        place = len(self.objects)
        self.objects.append(_UNFINISHED)
        self.objects[place] = [self.decode(entry) for entry in body]
        return self.objects[place]

    def _dict(self, body: list[list[Any]]) -> dict[Any, Any]:
        place = len(self.objects)
        self.objects.append(_UNFINISHED)
        if len(body) > MOST_KEYS or not all(type(key) is str for key, _ in body):
            raise WireError(f"a dict of the frame has other keys than {MOST_KEYS} strings at most")
        self.objects[place] = {key: self.decode(entry) for key, entry in body}
        return self.objects[place]

    def _generator(self, body: list[Any]) -> Any:
        kind, tree = body
        place = len(self.objects)
        self.objects.append(_UNFINISHED)
        state = self.decode(tree)
        if kind == "RandomState":
            result: Any = np.random.RandomState()
            result.set_state(state)
        elif kind == "Generator" and state["bit_generator"] in BIT_GENERATORS:
            bits = getattr(np.random, state["bit_generator"])(0)
            bits.state = state
            result = np.random.Generator(bits)
        else:
            raise WireError("a random generator of the frame is of no known kind")
        self.objects[place] = result
        return result

    def _opaque(self, body: list[Any]) -> Any:
        handle, name = body
        if not isinstance(handle, int) or not isinstance(name, str):
            raise WireError("a handle of the frame is malformed")
        return self._resolve(handle, name[:100])


def refuse_loops(value: Any, above: tuple[int, ...], seen: set[int]) -> None:
    """Raise WireError where a container holds itself, at any depth; others are looked at once."""
    if id(value) in above:
        raise WireError("an argument was made to hold itself")
    if isinstance(value, dict | list | tuple) and id(value) not in seen:
        seen.add(id(value))
        for entry in value.values() if isinstance(value, dict) else value:
            refuse_loops(entry, (*above, id(value)), seen)


_UNFINISHED = object()
_TAGS = {"i": "int", "f": "float", "c": "complex", "a": "array", "s": "scalar", "r": "reference",
         "t": "tuple", "l": "list", "d": "dict", "g": "generator", "o": "opaque"}


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.bit_generator.state


def set_generator_state(target: Any, source: Any) -> None:
    """Advance `target` to where `source`, its copy from the other side, has got to."""
    if isinstance(target, np.random.RandomState):
        target.set_state(source.get_state(legacy=False))
    else:
        target.bit_generator.state = source.bit_generator.state


def _type_name(value: Any) -> str:
    try:
        return str.__str__(type(value).__name__)[:100]
    except Exception:
        return "unknown"
