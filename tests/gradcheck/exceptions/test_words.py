"""An exception can be told whatever its own methods do."""

from __future__ import annotations

from gradcheck.exceptions.words import reason_and_place, reason_of


class EvilError(Exception):
    def __str__(self):
        raise RuntimeError


def test_a_reason_is_told_even_where_the_exception_cannot_say_it():
    assert reason_of(EvilError()) == "EvilError: (its __str__ raises, too)"
    assert reason_of(KeyboardInterrupt()) == "KeyboardInterrupt"


def test_the_place_stands_behind_the_reason_without_a_full_stop():
    try:
        raise ValueError("the end.")
    except ValueError as error:
        line = error.__traceback__.tb_lineno
        told = reason_and_place(error)
    name = "test_the_place_stands_behind_the_reason_without_a_full_stop"
    assert told == f"ValueError: the end (line {line}, in {name})"
    assert reason_and_place(ValueError("never raised.")) == "ValueError: never raised"
