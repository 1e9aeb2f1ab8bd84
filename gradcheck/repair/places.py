"""Other arguments for a layer: other numbers, other sizes, as far as forward takes them.

A slip may be right by accident of the numbers at hand: 1 + stride is 3 where the window is 3 wide.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Args = tuple[Any, ...]
Sizes = Mapping[int, int]
ROUNDS = 3
LENGTHS = (3, 4, 5)
ATTEMPTS = 48
TIMES = (2, 3, 4)


def others(args: Args, rng: np.random.Generator) -> Iterator[Args]:
    """Yield arguments of the same kind and of other sizes, without end of usefulness in order.

    Sizes that are products or multiples of others stay so, in one reading after the other; they
    move by even numbers, which leaves what a stride divides.

    Examples
    --------
    >>> args = (np.ones((4, 6)), np.ones((6, 5)), np.ones(5))
    >>> batch, found, *_ = others(args, np.random.default_rng(0))
    >>> [array.shape for array in batch]
    [(7, 6), (6, 5), (5,)]
    >>> found[0].shape[1] == found[1].shape[0], found[1].shape[1] == found[2].shape[0]
    (True, True)
    """
    found = sorted({size for arg in args for size in _sizes(arg)})
    wholes = sorted({number for arg in args for number in _whole_numbers(arg)})
    settings: list[Mapping[int, int]] = [{}, {1: 2, 2: 1}, {n: n + 1 for n in wholes},
                                         {n: max(n - 1, 1) for n in wholes}]
    yield tuple(_led(arg, args, rng) for arg in args)
    for _ in range(ROUNDS):
        for sizes in _readings(args, found, rng):
            for whole in settings if wholes else settings[:1]:
                yield tuple(_changed(arg, sizes, whole, rng) for arg in args)


def _led(arg: Any, args: Args, rng: np.random.Generator) -> Any:
    """Return an argument for a larger batch alone: other axes that are as long stay as they are."""
    batch = next((other.shape[0] for other in args
                  if isinstance(other, np.ndarray) and other.ndim), 0)
    if isinstance(arg, np.ndarray) and arg.ndim and arg.shape[0] == batch:
        return _drawn(arg, (batch + 3, *arg.shape[1:]), rng)
    return _changed(arg, {}, {}, rng)


def smaller(args: Args, rng: np.random.Generator) -> Iterator[Args]:
    """Yield arguments of the same kind in which no axis is long, the shortest first.

    Odd lengths and even ones stay apart: an image that is a square hides exchanged indices.

    Examples
    --------
    >>> args = (np.ones((4, 9)), np.ones(9))
    >>> [[array.shape for array in found] for found in smaller(args, np.random.default_rng(0))]
    [[(4, 3), (3,)], [(4, 5), (5,)], [(4, 5), (5,)]]
    """
    for most in LENGTHS:
        sizes = {size: min(size, most + (size - most) % 2) for arg in args for size in _sizes(arg)}
        yield tuple(_changed(arg, sizes, {}, rng) for arg in args)


def redrawn(args: Args, rng: np.random.Generator) -> Args:
    """Return arguments of the same sizes with other numbers."""
    return tuple(_changed(arg, {}, {}, rng) for arg in args)


def _sizes(arg: Any) -> list[int]:
    if isinstance(arg, np.ndarray):
        return [int(size) for size in arg.shape]
    if isinstance(arg, dict):
        return [size for entry in arg.values() for size in _sizes(entry)]
    return []


def _whole_numbers(arg: Any) -> list[int]:
    """Return the settings that are whole numbers, such as a stride; a seed is none."""
    if isinstance(arg, dict):
        return [n for key, entry in arg.items() if key != "seed" for n in _whole_numbers(entry)]
    return [arg] if isinstance(arg, int) and not isinstance(arg, bool) else []


def _readings(args: Args, found: Sequence[int], rng: np.random.Generator) -> Iterator[Sizes]:
    """Yield what each size becomes: all move, in several readings of how they hang together."""
    free = [size for size in found if size > 1]
    for relations in (_products(free), _multiples(free), {}):
        steps = dict(zip(free, _steps(len(free), rng), strict=True))
        new = {size: size + steps[size] for size in free if size not in relations}
        for size in free:
            if size in relations:
                new[size] = relations[size](new)
        yield new
    shapes = [arg.shape for arg in args if isinstance(arg, np.ndarray) and arg.ndim]
    axes = dict.fromkeys(shape[axis] for axis in (0, 1, -1) for shape in shapes[:1]
                         if len(shape) > axis)
    for size in (*axes, *reversed(free)):
        yield {size: size + 2 * int(rng.integers(1, 3))}


def _steps(count: int, rng: np.random.Generator) -> list[int]:
    """Return even steps that keep the sizes apart from each other."""
    steps = [2 * (1 + i % 3) for i in range(count)]
    return [int(step) for step in rng.permutation(steps)] if count else []


def _products(sizes: Sequence[int]) -> dict[int, Callable[[Mapping[int, int]], int]]:
    """Return the sizes that are products of two others."""
    found: dict[int, Callable[[Mapping[int, int]], int]] = {}
    for a, b in itertools.combinations(sizes, 2):
        if a * b in sizes and a * b not in (a, b):
            found[a * b] = lambda new, a=a, b=b: new[a] * new[b]  # type: ignore[misc]
    return found


def _multiples(sizes: Sequence[int]) -> dict[int, Callable[[Mapping[int, int]], int]]:
    """Return the sizes that are small multiples of others, as of an LSTM's gates."""
    found: dict[int, Callable[[Mapping[int, int]], int]] = {}
    for times, size in itertools.product(TIMES, sizes):
        if times * size in sizes:
            found[times * size] = lambda new, t=times, s=size: t * new[s]  # type: ignore[misc]
    return found


def keeps(args: Args, other: Args) -> bool:
    """Return whether what is a small multiple of another size is so among other arguments, too.

    >>> args = (np.ones((4, 5)), np.ones((5, 20)))
    >>> keeps(args, (np.ones((4, 7)), np.ones((7, 28)))), keeps(args, (np.ones((4, 7)), args[1]))
    (True, False)
    """
    sizes = [pair for arg, new in zip(args, other, strict=False)
             for pair in zip(_sizes(arg), _sizes(new), strict=False)]
    return all(big == times * small for (was, big), (of, small) in itertools.permutations(sizes, 2)
               for times in TIMES if was == times * of)


def _changed(arg: Any, sizes: Sizes, whole: Mapping[int, int], rng: np.random.Generator) -> Any:
    if isinstance(arg, np.ndarray):
        return _drawn(arg, tuple(sizes.get(size, size) for size in arg.shape), rng)
    if isinstance(arg, bool | str | type(None)):
        return arg
    if isinstance(arg, dict):
        return {key: entry + 1 if key == "seed" else _setting(key, entry, sizes, whole, rng)
                for key, entry in arg.items()}
    if isinstance(arg, int):
        return whole.get(arg, arg)
    if isinstance(arg, float):
        return _near(arg)
    return arg


def _setting(key: Any, entry: Any, sizes: Sizes, whole: Mapping[int, int],
             rng: np.random.Generator) -> Any:
    """Return an entry of a dict; a tolerance or a momentum may be left as it is."""
    if isinstance(entry, np.ndarray | dict):
        return _changed(entry, sizes, whole, rng)
    if isinstance(entry, float) and not 0 < entry < 1e-3:
        return _near(entry)
    if isinstance(entry, int) and not isinstance(entry, bool):
        return whole.get(entry, entry)
    return entry


def _near(value: float) -> float:
    """Return another number of the same kind: a share stays one."""
    return round(value**1.3, 6) if 0 < value < 1 else 1.25 * value


def _drawn(array: np.ndarray[Any, Any], shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Return an array of the same distribution: between neighbours among its sorted values."""
    values = np.sort(array, axis=None)
    if not values.size:
        return np.zeros(shape, array.dtype)
    few = array.dtype.kind != "f" or len(np.unique(values)) <= 2
    if few or not np.all(np.isfinite(values)):
        drawn = rng.choice(values, size=shape)
        return np.asarray(drawn).astype(array.dtype)
    place = rng.uniform(0, len(values) - 1, size=shape)
    lower = np.floor(place).astype(int)
    upper = np.minimum(lower + 1, len(values) - 1)
    mixed = values[lower] + (place - lower) * (values[upper] - values[lower])
    return np.asarray(mixed).astype(array.dtype)
