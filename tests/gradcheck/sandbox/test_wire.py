"""Laws of the wire: every plain value crosses unchanged, and nothing else is believed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradcheck.sandbox import frames, wire

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
                    st.complex_numbers())
ARRAYS = hnp.arrays(
    st.one_of(hnp.floating_dtypes(endianness="?"), hnp.integer_dtypes(), hnp.boolean_dtypes(),
              hnp.complex_number_dtypes()),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
VALUES = st.recursive(st.one_of(SCALARS, ARRAYS), lambda inner: st.one_of(
    st.lists(inner, max_size=4), st.lists(inner, max_size=4).map(tuple),
    st.dictionaries(st.text(max_size=5), inner, max_size=4)), max_leaves=8)


def same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray | np.generic):
        return (type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape
                and a.tobytes() == b.tobytes())
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and (a == b or repr(a) == repr(b))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_every_plain_value_crosses_unchanged(value: object) -> None:
    encoder = wire.Encoder()
    frame = b"".join(frames.pack(1, encoder.encode(value), encoder.arrays))
    _, _, size, _ = frames.HEADER.unpack(frame[:frames.HEADER.size])
    start = frames.HEADER.size + size
    tree, arrays = frames.unpack(frame[frames.HEADER.size:start], memoryview(frame)[start:])
    assert same(wire.Decoder(arrays, []).decode(tree), value)


@pytest.mark.parametrize("tree", [
    {"a": 5}, {"a": "x"}, {"r": 9}, {"t": 3}, {"d": [[1]]}, {"d": [[{"l": []}, 1]]}, {"zz": 1},
    {"g": ["Generator", {"d": [["bit_generator", "Evil"]]}]}, {"i": "9" * 500}, {"f": 3},
    {"t": [{"r": 0}]}, {"o": ["a", 3]}, {"a": 0, "b": 1}, [1], {"g": ["RandomState", None]},
])
def test_a_forged_value_is_refused(tree: object) -> None:
    with pytest.raises(frames.WireError):
        wire.Decoder([], []).decode(tree)


def nested(depth: int) -> object:
    tree: object = 1.0
    for _ in range(depth):
        tree = {"l": [tree]}
    return tree


@pytest.mark.parametrize(("tree", "reason"), [
    ({"d": [[i * (2**61 - 1), 0] for i in range(1, 50)]}, "other keys"),
    ({"d": [[{"t": []}, 0]]}, "other keys"),
    ({"d": [[str(i), 0] for i in range(wire.MOST_KEYS + 1)]}, "other keys"),
    (nested(wire.MAX_DEPTH + 2), "nested more than"),
])
def test_a_reply_is_bounded_in_its_keys_and_its_depth(tree: object, reason: str) -> None:
    with pytest.raises(frames.WireError, match=reason):
        wire.Decoder([], []).decode(tree)


def test_a_dict_with_other_keys_than_strings_stays_where_it_is() -> None:
    kept: list[object] = []

    def keep(value: object) -> int:
        kept.append(value)
        return 1

    assert wire.Encoder([], keep).encode(({1: 2.0}, {"a": 1})) == {
        "t": [{"o": [1, "dict"]}, {"d": [["a", 1]]}]}
    assert kept == [{1: 2.0}]
