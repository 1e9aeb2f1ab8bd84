"""Which lines of a function ran: statements, not what is there to refuse or to print."""

import sys
from typing import NoReturn

import pytest

from gradcheck.coverage import Coverage, told


def refuse(name) -> NoReturn:
    raise ValueError(name)


def branches(x, mode="train"):
    """Say nothing of the lines of a docstring."""
    if x is None:
        raise ValueError("x")
    if x == 3:
        refuse("x")
    if x == 4:
        print("four")
    elif x == 5:
        pass
    if mode == "train":
        y = (x
             + 1)
    elif mode == "test":
        y = x
    else:
        message = f"mode: {mode}"
        raise ValueError(message)
    try:
        return 1 / y
    except ZeroDivisionError:
        return [value
                for value in (0, 1)
                if value]


FIRST = branches.__code__.co_firstlineno


def missing(*calls):
    coverage = Coverage([branches])
    for args in calls:
        coverage.run(lambda args=args: branches(*args))
    return [line - FIRST for line in coverage.missing.get("branches", [])]


@pytest.mark.parametrize(("calls", "lines"), [
    ([(1,)], [13, 14, 21]),
    ([(1,), (1, "test")], [21]),
    ([(1,), (0, "test")], []),
    ([(0, "test")], [11]),
])
def test_the_statements_that_did_not_run_are_missing(calls, lines):
    assert missing(*calls) == lines


def test_what_raises_prints_or_passes_is_not_missed():
    assert not {2, 3, 5, 7, 9, 16, 17} & set(missing((1,)))


def test_lines_count_also_where_a_call_raises_and_the_tracer_is_gone_after_it():
    coverage = Coverage([branches])
    with pytest.raises(ValueError, match="mode"):
        coverage.run(lambda: branches(1, "neither"))
    assert sys.gettrace() is None
    assert coverage.missing


def test_a_function_inside_a_function_counts_for_it():
    def outer(values):
        def inner(value):
            return value + 1
        return [inner(value) for value in values]

    coverage = Coverage([outer])
    coverage.run(lambda: outer([]))
    assert len(coverage.missing["outer"]) == 1
    coverage.run(lambda: outer([1]))
    assert not coverage.missing


def test_functions_without_source_are_left_out():
    assert not Coverage([len, eval("lambda x: x")]).missing


def test_another_tracer_is_noticed():
    assert Coverage.is_possible() == (sys.gettrace() is None)
    before = sys.gettrace()
    sys.settrace(lambda *args: None)
    try:
        assert not Coverage.is_possible()
    finally:
        sys.settrace(before)


@pytest.mark.parametrize(("lines", "text"), [
    ([3], "line 3 of f never ran"), ([3, 4, 5, 9], "lines 3-5, 9 of f never ran")])
def test_lines_are_told_as_runs(lines, text):
    assert told({"f": lines}) == text
