"""Frames between judge and submission: a header, a JSON text, and arrays as .npy bytes.

A frame is a fixed header (magic, call number, two lengths), a JSON text and the bytes of one
``.npy`` member an array, written without pickle, as in an ``.npz`` archive. Reading checks every
length before it allocates anything, so no frame can claim more than it carries; a frame can hold
nothing but JSON and plain arrays of numbers.
"""

from __future__ import annotations

import ast
import functools
import io
import json
import math
import os
import struct
from typing import Any

import numpy as np
from numpy.lib import format as npy

HEADER = struct.Struct("<4sQQQ")
MAGIC = b"GRAD"
JSON_LIMIT = 4 << 20
KINDS = "biufc"

_headers: dict[bytes, tuple[tuple[int, ...], bool, np.dtype[Any]]] = {}


class WireError(ValueError):
    """A value cannot cross, or a frame is not what it should be."""


def pack(call: int, tree: Any, arrays: list[np.ndarray[Any, Any]]) -> list[bytes | memoryview]:
    """Return the pieces of a frame."""
    members = [_member(array) for array in arrays]
    sizes = [len(head) + data.nbytes for head, data in members]
    text = json.dumps([tree, sizes]).encode()
    if len(text) > JSON_LIMIT:
        raise WireError(f"the structure of a value takes {len(text)} bytes; "
                        f"expected at most {JSON_LIMIT}")
    pieces: list[bytes | memoryview] = [HEADER.pack(MAGIC, call, len(text), sum(sizes)) + text]
    for head, data in members:
        pieces += [head, data.data.cast("B")] if data.size else [head]
    return pieces


def _member(array: np.ndarray[Any, Any]) -> tuple[bytes, np.ndarray[Any, Any]]:
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    head = _header(array.dtype.str, array.shape, fortran)
    return head, np.ascontiguousarray(array.T if fortran else array).reshape(-1)


@functools.lru_cache(maxsize=1000)
def _header(descr: str, shape: tuple[int, ...], fortran: bool) -> bytes:
    """Return the header of an array, which is asked for at every call of a check."""
    buffer = io.BytesIO()
    npy.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": fortran, "shape": shape})
    return buffer.getvalue()


def unpack(text: bytes, payload: memoryview) -> tuple[Any, list[np.ndarray[Any, Any]]]:
    """Return a frame's JSON and its arrays, which are writeable copies in the sender's layout."""
    try:
        tree, sizes = json.loads(text)
        if len(sizes) > 10_000 or not all(type(size) is int and size > 0 for size in sizes):
            raise WireError("the sizes of a frame's arrays are malformed")
    except (ValueError, TypeError, RecursionError) as error:
        raise WireError(f"a frame is not what it should be ({type(error).__name__})") from None
    if sum(sizes) != len(payload):
        raise WireError("a frame's arrays do not have the sizes that it claims")
    arrays, start = [], 0
    for size in sizes:
        arrays.append(_read_member(payload[start:start + size]))
        start += size
    return tree, arrays


def _read_member(member: memoryview) -> np.ndarray[Any, Any]:
    """Return the array of one .npy member, whose size must be what its shape asks for."""
    if len(member) < 10 or bytes(member[:8]) != npy.magic(1, 0):
        raise WireError("an array of the frame is not in .npy format 1.0")
    start = 10 + int.from_bytes(member[8:10], "little")
    head = bytes(member[10:start])
    if head not in _headers:
        if len(_headers) > 1000:
            _headers.clear()
        _headers[head] = _parse_header(head)
    shape, fortran, dtype = _headers[head]
    if math.prod(shape) * dtype.itemsize != len(member) - start:
        raise WireError(f"an array of the frame claims shape {shape} of {dtype} and carries "
                        f"{len(member) - start} bytes")
    flat = np.frombuffer(member[start:], dtype)
    # A forged byte such as 2 is neither True nor False: it would equal both or neither.
    flat = flat.view(np.uint8) != 0 if dtype.kind == "b" else flat.copy()
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _parse_header(head: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    if len(head) > 2000:
        raise WireError("the header of an array is too long")
    try:
        fields = ast.literal_eval(head.decode("latin1"))
        shape, fortran, descr = fields["shape"], fields["fortran_order"], fields["descr"]
        if not isinstance(descr, str) or len(descr) > 10:
            raise WireError("an array of the frame has no plain numeric dtype")
        dtype = np.dtype(descr)
    except (ValueError, TypeError, KeyError, SyntaxError, MemoryError, RecursionError) as error:
        raise WireError(f"the header of an array is malformed ({type(error).__name__})") from None
    if dtype.kind not in KINDS or dtype.itemsize == 0:
        raise WireError(f"an array of the frame has dtype {dtype}; expected numbers")
    if (type(shape) is not tuple or len(shape) > 32 or type(fortran) is not bool
            or not all(type(n) is int and 0 <= n < 2**48 for n in shape)):
        raise WireError("an array of the frame has no valid shape")
    return shape, fortran, dtype


def write_all(descriptor: int, pieces: list[bytes | memoryview]) -> None:
    """Write every piece to a blocking descriptor."""
    for piece in pieces:
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(descriptor, rest):]
