"""Where value and gradient are held to the reference's at inputs that nothing before has shown."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.grading.afresh import compare_afresh
from gradcheck.grading.agreement import Disagreement
from gradcheck.grading.asked import references
from gradcheck.grading.reference import reference_layers
from gradcheck.grading.sizes import SIZES, of_size
from gradcheck.grading.values import Values
from gradcheck.mask_laws.conventions import LAWFUL, Conventions
from gradcheck.target.pairs import Pair

REFERENCES = {name: pair for name, pair in references().items() if name not in LAWFUL}


def values_of(pair: Pair, conventions: Conventions = Conventions()) -> Values:  # noqa: B008
    return Values(pair, REFERENCES[pair.name], conventions, np.random.default_rng(3))


@pytest.mark.parametrize("name", REFERENCES)
def test_the_reference_agrees_with_itself_in_every_size(name: str) -> None:
    values = values_of(REFERENCES[name])
    compare_afresh(values)
    assert values.sized(40) is not None
    normalizes = any(word in name for word in ("batchnorm", "bn"))
    assert (values.sized(1) is None) == normalizes


def disagreement(values: Values) -> str:
    """Return how a layer disagrees with its reference at fresh points; '' where it does not."""
    try:
        compare_afresh(values)
    except Disagreement as error:
        return str(error) or repr(error)
    return ""


def forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def backward(dout, cache):
    x, w, _ = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def in_single(x, w, b):
    out, cache = forward(*(array.astype(np.float32) for array in (x, w, b)))
    return out, cache


def named(dout, cache):
    return dict(zip(("dx", "dw", "db"), backward(dout, cache), strict=True))


@pytest.mark.parametrize(("mine", "its_backward"), [
    (forward, backward), (forward, named), (in_single, backward),
    (forward, lambda dout, cache: [np.asfortranarray(entry) for entry in backward(dout, cache)]),
])
def test_what_is_right_in_another_form_agrees(mine, its_backward) -> None:
    values = values_of(Pair("affine", "affine", mine, its_backward))
    assert not disagreement(values)


def spoilt(how):
    """Return a backward whose gradients are passed through a function of x and of them."""
    def its_backward(dout, cache):
        return how(cache[0], *backward(dout, cache))

    return its_backward


WRONG = [
    (lambda x, dx, dw, db: (dx * 1.01, dw, db), r"dx\[0, .* input of shape \(4, 2, 3\)"),
    (lambda x, dx, dw, db: (dx, dw, db * 4 / len(x)), r"db.* input of shape \(1, 2, 3\)"),
    (lambda x, dx, dw, db: (dx, dw * min(1, 20 / len(x)), db), r"dw.*shape \(40, 2, 3\)"),
    (lambda x, dx, dw, db: (dx * (x.dtype == float), dw, db), "dx.*float32 input"),
    (lambda x, dx, dw, db: (dx, dw), "db is None"),
    (lambda x, dx, dw, db: (dx, dw, db[:, None]), "db is .*shape"),
    (lambda x, dx, dw, db: (dx, dw, db * np.nan), "db"),
    (lambda x, dx, dw, db: (dx, dw, db.astype(complex)), "db is"),
]


@pytest.mark.parametrize(("how", "told"), WRONG)
def test_what_is_wrong_at_some_point_is_told_with_the_point(how, told: str) -> None:
    with pytest.raises(Disagreement, match=told):
        compare_afresh(values_of(Pair("affine", "affine", forward, spoilt(how))))


def test_what_is_refused_is_raised() -> None:
    def narrow(dout, cache):
        assert len(dout) == 4, "four examples"
        return backward(dout, cache)

    with pytest.raises(AssertionError, match="four"):
        compare_afresh(values_of(Pair("affine", "affine", forward, narrow)))


def test_a_forward_that_is_bent_around_the_points_that_it_knows_is_found() -> None:
    seen: list[np.ndarray] = []

    def bent(x, w, b):
        base = next((known for known in seen if known.shape == x.shape and np.allclose(
            known, x, atol=0.1)), x)
        seen.append(x.copy())
        return forward(x - 0.5 * (x - base), w, b)[0], (x, w, b)

    with pytest.raises(Disagreement, match="though forward's value is right there"):
        compare_afresh(values_of(Pair("affine", "affine", bent, spoilt(
            lambda x, dx, dw, db: (dx / 2, dw, db)))))


def test_another_slope_at_a_kink_is_no_slip() -> None:
    relu = REFERENCES["relu"]
    flat = Pair("relu", "relu", relu.forward, lambda dout, cache: dout * (cache >= 0))
    values = values_of(flat)
    values.draw = lambda dtype=float: (np.arange(24.0, dtype=dtype).reshape(4, 6) % 3 - 1,)  # type: ignore[method-assign]
    assert not disagreement(values)


def test_a_loss_may_name_its_gradients() -> None:
    loss = reference_layers().softmax_loss
    named_loss = Pair("softmax_loss", "softmax_loss",
                      lambda x, y: (loss(x, y)[0], {"dx": loss(x, y)[1]}))
    assert not disagreement(values_of(named_loss))


def test_sizes_are_those_that_the_reference_takes() -> None:
    def draw():
        return np.ones((4, 4)), np.ones((4, 5)), np.arange(4)

    def takes_a_square(x, w, y):
        return (x @ w)[np.arange(len(x)), y], None

    for count in SIZES:
        found = of_size(draw, count, lambda x, w, y: takes_a_square(x, w, y))
        assert found is not None
        assert [array.shape for array in found] == [(count, 4), (4, 5), (count,)]
    assert of_size(lambda: (3.0, {"mode": "train"}), 40, lambda x, param: x) is None
    assert of_size(draw, 40, lambda *args: 1 / 0) is None
