"""Laws of the frames: nothing forged is believed, and nothing claims more than it carries."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gradcheck.sandbox import frames


def member(head: bytes, data: bytes = b"") -> bytes:
    padded = head + b" " * (118 - len(head) - 1) + b"\n"
    return b"\x93NUMPY\x01\x00v\x00" + padded + data


HEAD = b"{'descr': '%s', 'fortran_order': False, 'shape': %s}"


@pytest.mark.parametrize("raw", [
    member(HEAD % (b"<f8", b"(1099511627776,)")),
    member(HEAD % (b"<f8", b"(2,)"), b"\0" * 8),
    member(HEAD % (b"<f8", b"(-1,)"), b"\0" * 8),
    member(HEAD % (b"|O", b"(1,)"), b"\0" * 8),
    member(HEAD % (b"|V0", b"(99,)")),
    member(HEAD % (b"|S8", b"(1,)"), b"\0" * 8),
    member(b"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", b"\0" * 8),
    member(b"__import__('os').system('true')"),
    member(HEAD % (b"<f8", b"(True,)"), b"\0" * 8),
    b"PK\x03\x04" + b"\0" * 100,
    b"\x80\x04]q\x00.",
    b"x",
])
def test_a_forged_array_is_refused_before_memory_is_taken(raw: bytes) -> None:
    text = json.dumps([None, [len(raw)]]).encode()
    with pytest.raises(frames.WireError):
        frames.unpack(text, memoryview(raw))


@pytest.mark.parametrize("text", [
    b"[", b"[null, [1]]", b"[null, [-1]]", b"[null, null]", b"7", b"[" * 100_000,
    b'[null, ["x"]]', b"\xff\xfe",
])
def test_a_forged_frame_is_refused(text: bytes) -> None:
    with pytest.raises(frames.WireError):
        frames.unpack(text, memoryview(b""))


def test_a_forged_bool_is_true_or_false() -> None:
    raw = member(HEAD % (b"|b1", b"(3,)"), bytes([0, 1, 2]))
    _, (array,) = frames.unpack(json.dumps([None, [len(raw)]]).encode(), memoryview(raw))
    assert array.view(np.uint8).tolist() == [0, 1, 1]
