"""The one place where randomness becomes a mask: exact Bernoulli draws that can be replayed.

A mask is True where a unit is kept. Unit i of a mask is kept iff U_i >= p, where the U_i are
independent, uniform on [0, 1), and known to as many binary digits as the comparison needs. Eight
digits, one byte, decide all but one unit in 256; only the ties look at further digits. So the
draw costs about one random byte a unit and P(kept) = 1 - p holds to the last bit of the double p.

The bytes come from Philox (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011),
a counter-based generator: key = the seed, counter = the number of the block of `BLOCK` units. Any
block can be drawn by itself, in any order, by any thread, and again in the backward pass.
"""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from layers.arguments import integer, refuse
from layers.blocked import BLOCK, Mask, collect, each_block
from layers.special import ndtri

Source: TypeAlias = "int | np.random.RandomState"
Drawer: TypeAlias = Callable[..., Mask]
"""draw(start, stop, out=None), a Reader that can write into the memory where the mask is kept."""

SEED_REMEDY = "pass a non-negative int, or leave the key out for fresh masks"
RNG_REMEDY = "pass np.random.default_rng(seed) or np.random.RandomState(seed)"


def check_source(param: Mapping[str, Any], replayed: bool = False) -> None:
    """Refuse a 'seed' that is no non-negative int, an 'rng' that is none, and both together.

    A mask that is to be `replayed` without being stored cannot come from a RandomState.
    """
    seed, rng = param.get("seed"), param.get("rng")
    if seed is not None:
        _check_seed("dropout_param['seed']", seed)
    if rng is None:
        return
    if not isinstance(rng, np.random.Generator | np.random.RandomState):
        refuse("dropout_param['rng']", rng, "a np.random.Generator or np.random.RandomState",
               RNG_REMEDY, TypeError)
    if seed is not None:
        refuse("dropout_param['rng']", "an rng together with a seed", "one of the two",
               "drop 'seed' for masks from the rng, or 'rng' for one repeatable mask")
    if replayed and isinstance(rng, np.random.RandomState):
        refuse("dropout_param['store']", "'seed' with a RandomState", "'mask' or 'bits' with it",
               "store the mask, or pass a np.random.Generator; a RandomState cannot go back")


def _check_seed(name: str, seed: object) -> None:
    expected = "a non-negative integer"
    if integer(name, seed, expected, SEED_REMEDY) < 0:
        refuse(name, seed, expected, SEED_REMEDY)


def generator(seed: object) -> np.random.Generator:
    """Return a generator of an object's own; seed None takes one from the operating system."""
    if seed is not None:
        _check_seed("seed", seed)
    return np.random.default_rng(seed)  # type: ignore[arg-type]


def source_of(param: Mapping[str, Any]) -> Source:
    """Return where a layer's randomness comes from: a seed, or the RandomState it was given.

    A Generator (or, with neither 'seed' nor 'rng', NumPy's global generator) is asked for 128 bits
    only, which become the seed. A RandomState is kept, since its own stream defines the mask.
    """
    seed, rng = param.get("seed"), param.get("rng")
    if seed is not None:
        return int(seed)
    if isinstance(rng, np.random.RandomState):
        return rng
    random_bytes = np.random.bytes if rng is None else rng.bytes
    return int.from_bytes(random_bytes(16), "little")


def derived(source: Source, number: int) -> Source:
    """Return a source for one more mask of the same call: a hash of the seed and a number.

    A RandomState yields another mask at each draw, so it is a source of many.

    Examples
    --------
    >>> derived(0, 1) == derived(0, 1), derived(0, 1) == derived(0, 2)
    (True, False)
    """
    if isinstance(source, np.random.RandomState):
        return source
    return int.from_bytes(_digest(source, number.to_bytes(2, "little")), "little")


def bernoulli(shape: tuple[int, ...], p: float, source: Source) -> Mask:
    """Draw a mask: each unit is True (kept) with probability exactly 1 - p, independently.

    Parameters
    ----------
    shape : tuple of int
        Shape of the mask; units are numbered in C order.
    p : float
        Probability of dropping, 0 <= p < 1.
    source : int or np.random.RandomState
        A seed makes the mask a pure function of (seed, p, shape). A RandomState yields
        ``source.random_sample(shape) >= p``, the mask that MT19937-based references publish.

    Returns
    -------
    ndarray of bool

    Examples
    --------
    >>> bernoulli((2, 5), 0.5, 0).astype(int)
    array([[1, 0, 0, 1, 1],
           [0, 1, 1, 1, 1]])
    """
    read, threads = drawn(p, source)
    return collect(shape, read, threads=threads)


def drawn(p: float, source: Source) -> tuple[Drawer, int | None]:
    """Return what draws the mask of (source, p), and how many threads may (None: any number)."""
    if isinstance(source, np.random.RandomState):
        random_sample = source.random_sample  # one stream, so one thread, from the first block on
        return lambda start, stop, out=None: np.greater_equal(
            random_sample(stop - start), p, out=out), 1
    key = _key(source)
    first, rest = _digits(p)

    def read(start: int, stop: int, out: Mask | None = None) -> Mask:
        stream = _stream(key, start // BLOCK)
        size = stop - start
        if p == 0.5:  # a single digit decides
            bits = np.unpackbits(_bytes(stream, -(-size // 8)), count=size).view(bool)
            if out is None:
                return bits
            out[:] = bits
            return out
        byte = _bytes(stream, size)
        keep = np.greater_equal(byte, first, out=out)
        if rest:
            _break_ties(keep, (byte == first).nonzero()[0], rest, stream)
        return keep

    return read, None


def _break_ties(
    keep: Mask, undecided: NDArray[np.intp], digits: Sequence[np.uint64], stream: np.random.Philox
) -> None:
    """Compare further digits of U and p where all so far were equal; equal to the end is kept."""
    for digit in digits:
        word = stream.random_raw(undecided.size)
        keep[undecided] = word >= digit
        undecided = undecided[word == digit]
        if not undecided.size:
            return


@functools.lru_cache(maxsize=64)
def _digits(p: float) -> tuple[np.uint8, tuple[np.uint64, ...]]:
    """Write p as binary digits: the first eight, then 64 at a time while any are left.

    Scaling by a power of two and splitting off the integer part are exact in floating point, so
    no digit of p is rounded: p = 0.25 is the first byte alone, p = 1e-10 takes two words more.
    """
    fraction, first = math.modf(p * 2.0**8)
    rest = []
    while fraction:
        fraction, digit = math.modf(fraction * 2.0**64)
        rest.append(np.uint64(digit))
    return np.uint8(first), tuple(rest)


def normal(shape: tuple[int, ...], source: Source) -> NDArray[np.float64]:
    """Draw independent N(0, 1) numbers: from a seed by inversion, from a RandomState by its method.

    Inversion, z = ndtri(u) with 52 random bits in u, is used since NumPy promises that the raw
    words of Philox never change, but not what ``Generator.standard_normal`` makes of them.

    Examples
    --------
    >>> normal((3,), 0).round(3)
    array([-2.272, -0.701, -1.219])
    """
    if isinstance(source, np.random.RandomState):
        return np.asarray(source.standard_normal(shape))
    out = np.empty(shape)
    flat = out.reshape(-1)
    key = _key(source)

    def fill(start: int, stop: int) -> None:
        words = _stream(key, start // BLOCK).random_raw(stop - start)
        uniform = ((words >> np.uint64(12)) + 0.5) * 2.0**-52  # exact, and neither 0 nor 1
        ndtri(uniform, out=flat[start:stop])

    each_block(flat.size, fill)
    return out


def _key(seed: int) -> tuple[int, int]:
    """Return the 128-bit key: the seed itself, or a hash of a seed that is longer than that."""
    if seed >= 1 << 128:
        seed = int.from_bytes(_digest(seed), "little")
    return seed & 0xFFFF_FFFF_FFFF_FFFF, seed >> 64


def _digest(seed: int, salt: bytes = b"") -> bytes:
    import hashlib  # few masks need one

    data = seed.to_bytes(-(-seed.bit_length() // 8), "little")
    return hashlib.blake2b(data, digest_size=16, salt=salt).digest()


_own = threading.local()


def _stream(key: tuple[int, int], block: int) -> np.random.Philox:
    """Return this thread's generator, set to the first word of a block.

    The counter's low word counts within the block, the next one is the block's number: no block
    runs into another. Setting the state of a generator is five times cheaper than making one.
    """
    if not hasattr(_own, "stream"):
        _own.stream = np.random.Philox(0)
    _own.stream.state = {
        "bit_generator": "Philox",
        "state": {"counter": (0, block, 0, 0), "key": key},
        "buffer": (0, 0, 0, 0), "buffer_pos": 4, "has_uint32": 0, "uinteger": 0,
    }
    return _own.stream


def _bytes(stream: np.random.Philox, size: int) -> NDArray[np.uint8]:
    """Return the next bytes of the stream, the same on big-endian machines."""
    words = stream.random_raw(-(-size // 8)).astype("<u8", copy=False)
    return words.view(np.uint8)[:size]
