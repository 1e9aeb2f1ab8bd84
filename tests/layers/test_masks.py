"""Laws of the draws: exact probabilities, defined bit by bit, the same everywhere."""

from __future__ import annotations

import hashlib
import threading
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from layers import blocked, masks
from layers.blocked import BLOCK, collect
from layers.masks import bernoulli, drawn, normal, source_of
from tests.layers.layer_laws import law, same_bits

probabilities = st.floats(0.0, 1.0, exclude_max=True)
WORD = 2**64
# Binomial counts are compared with their mean at this many standard deviations: a correct draw
# fails one comparison in 1e9.
SIGMAS = 6.1


def philox(key: int, counter: int) -> list[int]:
    """Philox4x64-10 of Salmon et al. in plain integers: what NumPy's generator has to be."""
    words = [counter >> (64 * i) & (WORD - 1) for i in range(4)]
    low_key, high_key = key % WORD, key // WORD
    for _ in range(10):
        a, b = 0xD2E7470EE14C6C93 * words[0], 0xCA5A826395121157 * words[2]
        words = [b // WORD ^ words[1] ^ low_key, b % WORD,
                 a // WORD ^ words[3] ^ high_key, a % WORD]
        low_key = (low_key + 0x9E3779B97F4A7C15) % WORD
        high_key = (high_key + 0xBB67AE8584CAA73B) % WORD
    return words


def words_of(key: int, block: int):
    """All words of a block's stream; NumPy counts up before it draws."""
    counter = block * WORD
    while True:
        counter += 1
        yield from philox(key, counter)


def mask_by_definition(seed: int, p: float, block: int, size: int) -> list[bool]:
    """Compare U with p digit by digit, in exact arithmetic."""
    stream = words_of(seed, block)
    if p == 0.5:
        words = [next(stream) for _ in range(-(-size // 64))]
        data = b"".join(word.to_bytes(8, "little") for word in words)
        return [bool(data[i // 8] >> (7 - i % 8) & 1) for i in range(size)]
    data = b"".join(next(stream).to_bytes(8, "little") for _ in range(-(-size // 8)))[:size]
    low = [Fraction(byte, 256) for byte in data]  # U lies in [low, low + width)
    width = Fraction(1, 256)
    undecided = [i for i in range(size) if low[i] < p < low[i] + width]
    while undecided:
        width /= WORD
        for i in undecided:
            low[i] += next(stream) * width
        undecided = [i for i in undecided if low[i] < p < low[i] + width]
    return [u >= p for u in low]


@pytest.mark.parametrize("p", [0.0, 1e-300, 1e-10, 1e-3, 0.1, 0.25, 0.3, 0.5, 0.7, 1 - 1e-12])
@pytest.mark.parametrize(("seed", "block", "size"), [(0, 0, 1), (7, 0, 777), (2**127 + 5, 3, 1024)])
def test_a_block_is_what_its_definition_says_in_integer_arithmetic(p, seed, block, size):
    read, _ = drawn(p, seed)
    found = read(block * BLOCK, block * BLOCK + size)
    assert found.tolist() == mask_by_definition(seed, p, block, size)


@law
@given(p=probabilities)
def test_the_digits_of_p_are_p_without_rounding(p):
    first, rest = masks._digits(p)
    exact = Fraction(int(first), 2**8)
    for place, digit in enumerate(rest, start=1):
        exact += Fraction(int(digit), 2**8 * WORD**place)
    assert exact == Fraction(p)


class Scripted:
    """A stream that hands out the digits of one chosen U for every unit."""

    def __init__(self, digits: list[int]) -> None:
        self.digits = iter(digits)

    def random_raw(self, size: int) -> np.ndarray:
        return np.full(size, next(self.digits), np.uint64)


@law
@given(p=st.floats(1e-300, 1.0, exclude_max=True), step=st.sampled_from([-1, 0, 1]))
def test_a_unit_is_dropped_iff_u_is_below_p_even_in_the_last_digit(p, step):
    places = 64 * len(masks._digits(p)[1])
    u = int(Fraction(p) * 2 ** (8 + places)) + step
    if p == 0.5 or not 0 <= u < 1 << places + 8:
        return
    head, tail = u >> places, [u >> shift & WORD - 1 for shift in range(places - 64, -1, -64)]
    stream = Scripted([head * 0x0101010101010101, *tail])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masks, "_stream", lambda key, block: stream)
        keep = drawn(p, 0)[0](0, 5)
    assert keep.tolist() == [step >= 0] * 5


# seed, p, shape, how many are kept, the first sixteen units, BLAKE2b of the packed bits
GOLDEN = [
    (0, 0.5, (1000,), 510, "1001101111011000", "d694d2db9522000f"),
    (0, 0.3, (1000,), 705, "1110111011110010", "b597fb224822961f"),
    (1, 0.3, (3, 5, 7), 70, "1111111100110101", "f39fca190b732d99"),
    (123456789012345678901234567890, 0.9, (2, 70000), 13899, "0000000000000010",
     "6298753a7e1d5b7d"),
    (2**200, 1e-3, (300000,), 299710, "1111111111111111", "caf3102b43c454de"),
    (42, 0.25, (BLOCK,), 49163, "0111111111111110", "ab81a8bf3e0fecfb"),
    (42, 0.25, (BLOCK + 1,), 49164, "0111111111111110", "258e09ab57382861"),
]
GOLDEN_NORMAL = [0.91612049, -0.88067962, 1.11540159]


@pytest.mark.parametrize(("seed", "p", "shape", "kept", "start", "digest"), GOLDEN)
def test_golden_masks_never_change(seed, p, shape, kept, start, digest):
    mask = bernoulli(shape, p, seed)
    assert mask.shape == shape
    assert "".join(map(str, mask.reshape(-1)[:16].astype(int))) == start
    assert np.count_nonzero(mask) == kept
    assert hashlib.blake2b(np.packbits(mask).tobytes(), digest_size=8).hexdigest() == digest


@law
@given(seed=st.integers(0, 2**140), p=probabilities, size=st.integers(0, 300))
def test_a_mask_is_a_pure_function_that_reads_no_global_state(seed, p, size):
    before = np.random.get_state()
    first = bernoulli((size,), p, seed)
    assert same_bits(np.random.get_state(), before)
    np.random.random()
    np.testing.assert_array_equal(bernoulli((size,), p, seed), first)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("p", [0.3, 0.5])
def test_the_mask_does_not_depend_on_the_number_of_threads(threads, p):
    shape = (9 * BLOCK + 1234,)
    np.testing.assert_array_equal(
        collect(shape, drawn(p, 5)[0], threads=threads), bernoulli(shape, p, 5))


def test_every_block_can_be_drawn_by_itself():
    whole = bernoulli((2 * BLOCK + 100,), 0.3, 11)
    read, _ = drawn(0.3, 11)
    for start in (2 * BLOCK, 0, BLOCK):
        stop = min(start + BLOCK, whole.size)
        np.testing.assert_array_equal(read(start, stop), whole[start:stop])
    assert not np.array_equal(whole[:BLOCK], whole[BLOCK:2 * BLOCK])


def test_different_seeds_draw_different_masks_however_long():
    seeds = (0, 1, 2**64, 2**64 + 1, 2**127, 2**128, 2**128 + 1, 2**500)
    drawn_masks = {bernoulli((256,), 0.5, seed).tobytes() for seed in seeds}
    assert len(drawn_masks) == len(seeds)


def test_a_random_state_draws_random_sample_in_order_over_block_borders():
    shape = (BLOCK + 77, 2)
    expected = np.random.RandomState(3).random_sample(shape) >= 0.3
    np.testing.assert_array_equal(bernoulli(shape, 0.3, np.random.RandomState(3)), expected)


def test_a_source_is_the_seed_or_one_small_draw():
    assert source_of({"seed": np.int64(5)}) == 5
    rng = np.random.default_rng(1)
    expected = int.from_bytes(np.random.default_rng(1).bytes(16), "little")
    assert source_of({"rng": rng}) == expected
    assert source_of({"rng": rng}) != expected
    state = np.random.get_state()
    try:
        np.random.seed(0)
        first, second = source_of({}), source_of({})
        np.random.seed(0)
        assert (source_of({}), source_of({})) == (first, second)
        assert first != second
    finally:
        np.random.set_state(state)


@pytest.mark.parametrize("p", [1e-3, 0.1, 1 / 3, 0.5, 0.9, 0.999])
def test_the_rate_is_one_minus_p(p):
    n = 1 << 21
    kept = np.count_nonzero(bernoulli((n,), p, 2024))
    assert abs(kept - n * (1 - p)) < SIGMAS * np.sqrt(n * p * (1 - p))


def test_tiny_probabilities_are_not_rounded_to_zero_or_to_a_byte():
    """Eight bits would make 0 of 1e-3, 16 bits 0 of 1e-6; at 1e-10 nothing should be dropped."""
    n = 1 << 24
    assert n - np.count_nonzero(bernoulli((n,), 1e-10, 1)) <= 1  # two have probability 1.4e-6
    dropped = n - np.count_nonzero(bernoulli((n,), 1e-6, 1))
    assert 0 < dropped < 60  # Poisson with mean 16.8: outside with probability 5e-8 + 1e-14
    assert np.count_nonzero(bernoulli((n,), 1 - 1e-12, 1)) == 0


def test_ties_are_broken_at_the_rate_of_the_rest_of_p():
    """Where the first byte ties, U < p with the fraction of 256 p that the byte leaves over."""
    p, n = 0.3, 1 << 22
    first, fraction = 76, 256 * 0.3 - 76
    read, _ = drawn(p, 8)
    ties = kept_ties = 0
    for start in range(0, n, BLOCK):
        byte = masks._bytes(masks._stream((8, 0), start // BLOCK), BLOCK)
        tie = byte == first
        ties += np.count_nonzero(tie)
        kept_ties += np.count_nonzero(read(start, start + BLOCK)[tie])
    assert stats.binomtest(kept_ties, ties, 1 - fraction).pvalue > 1e-9


def test_normal_numbers_are_a_pure_function_of_the_seed_and_normal():
    z = normal((BLOCK + 5, 3), 42)
    np.testing.assert_array_equal(z, normal((BLOCK + 5, 3), 42))
    np.testing.assert_allclose(z[0], GOLDEN_NORMAL, atol=1e-8)
    assert stats.kstest(z.reshape(-1), "norm").pvalue > 1e-9
    assert np.isfinite(z).all()


def test_normal_numbers_of_a_random_state_are_its_own():
    expected = np.random.RandomState(0).standard_normal((4, 5))
    np.testing.assert_array_equal(normal((4, 5), np.random.RandomState(0)), expected)


def test_an_error_in_a_helper_thread_reaches_the_caller():
    failed = threading.Event()

    def run(job: int) -> None:
        if threading.current_thread() is threading.main_thread():
            assert failed.wait(timeout=30)
        else:
            failed.set()
            raise RuntimeError(f"job {job}")

    with pytest.raises(RuntimeError, match="job"):
        blocked.in_threads(run, range(8), threads=2)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_block_is_worked_on_once_whatever_the_size_and_the_threads(threads):
    for size in (0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 9 * BLOCK + 5, 700 * BLOCK):
        parts: list[tuple[int, int]] = []
        blocked.each_block(size, lambda start, stop, parts=parts: parts.append((start, stop)),
                            threads)
        starts = list(range(0, size, BLOCK))
        assert sorted(parts) == [(start, min(start + BLOCK, size)) for start in starts]
