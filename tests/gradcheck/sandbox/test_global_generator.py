"""Laws of the global generator's state: it is the one that NumPy tells, asked for when it moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from gradcheck.sandbox.global_generator import GlobalGenerator

MOVES: dict[str, Callable[[], object]] = {
    "a number": np.random.rand,
    "a normal number, and one that waits": np.random.randn,
    "many numbers": lambda: np.random.rand(1000),
    "another seed": lambda: np.random.seed(11),
    "a state": lambda: np.random.set_state(np.random.RandomState(3).get_state()),
    "another generator": lambda: np.random.set_bit_generator(np.random.PCG64(5)),
}


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Put NumPy's generator back, whichever it is then."""
    bits, state = np.random.get_bit_generator(), np.random.get_state()
    np.random.seed(7)
    yield
    np.random.set_bit_generator(bits)
    np.random.set_state(state)


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_generator_that_moves_is_seen_to(move: Callable[[], object]) -> None:
    generator = GlobalGenerator()
    state, before = generator.state, generator.mark
    assert generator.state is state
    assert generator.mark == before
    move()
    assert generator.mark != before
    assert repr(generator.state) == repr(np.random.get_state(legacy=False))


def test_the_normal_number_that_waits_is_seen_to_be_taken() -> None:
    generator = GlobalGenerator()
    np.random.randn()
    waiting, before = generator.state, generator.mark
    np.random.randn()  # takes it, and moves nothing else
    assert waiting["has_gauss"]
    assert generator.mark != before


def test_a_generator_that_is_put_back_is_the_same() -> None:
    generator = GlobalGenerator()
    state, before = generator.state, generator.mark
    np.random.rand()
    np.random.set_state(state)
    assert generator.mark == before
