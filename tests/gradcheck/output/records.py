"""Records to be written: any at all, and one with an item of every kind."""

from __future__ import annotations

from hypothesis import strategies as st

from gradcheck.output.record import STATUSES, Item, Record

TEXTS = st.one_of(
    st.text(max_size=50),
    st.sampled_from(["]]>", "\x00\x1b[31m", "\ud800", "\u202eevil", "<a>&\"'", "=cmd()", "\r\n",
                     "\x1b]0;title\x07", "\uffff", "x" * 9000]))
NUMBERS = st.floats(0, 100)
ITEMS = st.builds(
    Item, TEXTS, TEXTS, st.sampled_from(STATUSES), TEXTS, st.none() | NUMBERS,
    st.none() | NUMBERS, NUMBERS, st.lists(TEXTS, max_size=2).map(tuple),
    st.none() | st.floats(), st.none() | st.integers(0), st.lists(TEXTS, max_size=2).map(tuple),
    st.dictionaries(TEXTS, st.floats() | TEXTS, max_size=2))
RECORDS = st.builds(
    Record, st.sampled_from(["check", "grade"]), TEXTS, st.lists(ITEMS, max_size=4).map(tuple),
    TEXTS, st.sampled_from(["", "target", "judge"]), NUMBERS, TEXTS,
    st.lists(TEXTS, max_size=2).map(tuple), st.dictionaries(TEXTS, st.floats(), max_size=2))

ITEM = Item("relu: value", "relu", "passed", points=2.0, max_points=2.0, seconds=0.5)
WRONG = Item("relu: gradient", "relu", "failed", "dx is twice too large\nsecond line",
             points=0.0, max_points=6.0, advice=("mind the mask",))
SKIPPED = Item("dropout: seeds", "dropout", "skipped", "no seed", points=0.0, max_points=0.0)
LATE = Item("affine: value", "affine", "error", "took too long", points=0.0, max_points=2.0)
RECORD = Record("grade", "homework.py", (ITEM, WRONG, SKIPPED, LATE), seconds=1.25,
                output="hello\n", notes=("a note",), settings={"seed": 3})
