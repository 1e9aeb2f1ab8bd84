"""Up to a million coordinates: few evaluations, the wrong elements named, no Jacobian."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import check_gradient, check_net
from gradcheck.numeric.projection import ALL_COORDINATES
from tests.layers.layer_laws import law, seeds


class Net:
    """A two-layer tanh net with a squared error, whose gradients can be spoiled."""

    def __init__(self, width=40, spoil=lambda grads: None, seed=0, features=8):
        rng = np.random.default_rng(seed)
        self.params = {"W1": rng.standard_normal((features, width)) / 3,
                       "b1": 0.1 * rng.standard_normal(width),
                       "W2": rng.standard_normal((width, width)) / np.sqrt(width),
                       "b2": 0.1 * rng.standard_normal(width)}
        self.spoil, self.calls = spoil, 0

    def loss(self, X, y):
        COUNT[0] += 1
        p = self.params
        hidden = np.tanh(X @ p["W1"] + p["b1"])
        out = hidden @ p["W2"] + p["b2"]
        difference = out - y[:, np.newaxis]
        dout = difference / len(X)
        dhidden = (dout @ p["W2"].T) * (1 - hidden**2)
        grads = {"W1": X.T @ dhidden, "b1": dhidden.sum(0), "W2": hidden.T @ dout,
                 "b2": dout.sum(0)}
        self.spoil(grads)
        return 0.5 * np.sum(difference**2) / len(X), grads


COUNT = [0]
X, Y = np.random.default_rng(1).standard_normal((6, 8)), np.linspace(-1, 1, 6)


def check(width=40, spoil=lambda grads: None, **options):
    COUNT[0] = 0
    report = check_net(Net(width, spoil, **options), X, Y)
    return report, COUNT[0]


def wrong_at(key, places, change=lambda value: 1.5 * value + 0.1):
    def spoil(grads):
        for place in places:
            grads[key][place] = change(grads[key][place])
    return spoil


@pytest.mark.parametrize("width", [40, 300, 1000])
def test_a_right_net_of_up_to_a_million_parameters_takes_at_most_40_evaluations(width):
    report, calls = check(width)
    assert report.passed, str(report)
    assert report.checked == width * (8 + 1 + width + 1)
    assert report.evaluations == calls <= 40


@pytest.mark.parametrize(("width", "place"), [
    (40, (0, 0)), (40, (39, 39)), (200, (123, 77)),
    pytest.param(1000, (0, 999), marks=pytest.mark.slow),
    pytest.param(1000, (731, 402), marks=pytest.mark.slow),
])
def test_one_wrong_element_is_named_in_at_most_400_evaluations(width, place):
    report, calls = check(width, wrong_at("W2", [place]))
    assert calls <= 400
    assert report.evaluations == calls
    assert [(f.code, f.argument) for f in report.findings] == [("isolated-elements", "W2")]
    assert report.findings[0].where == (place,)
    worst = report.arguments[[entry.name for entry in report.arguments].index("W2")]
    assert worst.worst_index == place
    assert worst.analytic == pytest.approx(1.5 * worst.numeric + 0.1, rel=1e-5)


@law
@given(seeds, st.sampled_from(["W1", "b1", "W2", "b2"]))
def test_whichever_element_is_wrong_is_the_one_that_is_named(seed, key):
    rng = np.random.default_rng(seed)
    place = tuple(int(rng.integers(size)) for size in Net().params[key].shape)
    report, calls = check(40, wrong_at(key, [place], lambda value: value + 0.05))
    assert [f.where for f in report.findings] == [(place,)]
    assert report.findings[0].argument == key
    assert calls <= 400


@pytest.mark.parametrize("count", [2, 5, 12])
def test_several_wrong_elements_are_all_named(count):
    rng = np.random.default_rng(count)
    flat = rng.choice(200 * 200, count, replace=False)
    places = {tuple(map(int, np.unravel_index(i, (200, 200)))) for i in flat}
    report, calls = check(200, wrong_at("W2", places, lambda value: value + 0.3))
    assert [f.argument for f in report.findings] == ["W2"]
    assert set(report.findings[0].where) == places
    assert calls <= 100 + 60 * count


def test_wrong_elements_of_opposite_sign_do_not_cancel():
    places = [(3, 4), (3, 5)]

    def spoil(grads):
        grads["W2"][3, 4] += 0.1
        grads["W2"][3, 5] -= 0.1

    report, _ = check(200, spoil)
    assert set(report.findings[0].where) == set(places)


@pytest.mark.parametrize(("rule", "code"), [
    (lambda g: 2 * g, "scaled"), (lambda g: -g, "sign-flipped"), (lambda g: 0 * g, "zero-gradient"),
    (lambda g: g.T.copy(), "transposed"),
])
def test_a_gradient_wrong_all_over_is_diagnosed_and_the_others_pass(rule, code):
    def spoil(grads):
        grads["W2"][...] = rule(grads["W2"])

    report, _ = check(40, spoil)
    assert [(f.code, f.argument) for f in report.findings] == [(code, "W2")]


def test_a_large_gradient_wrong_all_over_is_judged_by_a_sample_and_says_so():
    def spoil(grads):
        grads["W2"] *= 2

    report, calls = check(70, spoil)
    assert ALL_COORDINATES < 70 * 70
    assert [(f.code, f.argument) for f in report.findings] == [("scaled", "W2")]
    assert report.findings[0].evidence["factor"] == pytest.approx(2.0)
    assert any("one by one" in note for note in report.notes)
    assert calls <= 2000


def test_a_slightly_wrong_element_among_many_is_found_if_it_matters():
    report, _ = check(300, wrong_at("W2", [(1, 2)], lambda value: value + 1e-3))
    assert [f.where for f in report.findings] == [((1, 2),)]


@pytest.mark.parametrize("width", [300, pytest.param(1000, marks=pytest.mark.slow)])
def test_memory_is_of_the_size_of_the_arguments(width):
    net = Net(width)
    size = sum(value.nbytes for value in net.params.values())
    check_net(Net(10), X, Y)
    tracemalloc.start()
    try:
        assert check_net(net, X, Y).passed
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 20 * size + 2**21


def test_a_scalar_function_of_a_hundred_thousand_numbers_is_checked_along_directions():
    x = np.random.default_rng(3).standard_normal(100_000)
    right = check_gradient(lambda x: np.sum(np.sin(x)), np.cos, x)
    assert right.passed, str(right)
    assert right.evaluations <= 40
    assert right.checked == x.size
    grad = np.cos(x)
    grad[77_777] += 1.0
    wrong = check_gradient(lambda x: np.sum(np.sin(x)), grad, x)
    assert wrong.findings[0].where == ((77_777,),)
    assert wrong.evaluations <= 400


@pytest.mark.parametrize("small", [1e-5, 1e-7])
def test_relus_in_a_net_do_not_fail_a_projection(small):
    x = np.random.default_rng(3).standard_normal(50_000)
    x[::100] *= small
    report = check_gradient(lambda x: np.sum(np.maximum(x, 0)), lambda x: (x > 0) * 1.0, x)
    assert report.passed, str(report)


@pytest.mark.parametrize("small", [1e-5, 1e-7])
@pytest.mark.parametrize("factor", [0.0, 0.5])
def test_what_is_wrong_along_a_direction_passes_nowhere(small, factor):
    x = np.random.default_rng(3).standard_normal(50_000)
    x[::100] *= small
    grad = (x > 0) * 1.0
    grad[::100] *= factor
    assert not check_gradient(lambda x: np.sum(np.maximum(x, 0)), grad, x).passed


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("factor", [1.1, 1.5, -1.0])
def test_a_factor_is_found_also_where_the_function_computes_in_single_precision(dtype, factor):
    x = np.random.default_rng(0).standard_normal(2000)
    report = check_gradient(lambda x: float(np.sum(x.astype(dtype) ** 2)),
                            lambda x: 2 * factor * x, x)
    assert [f.code for f in report.findings] == ["scaled" if factor > 0 else "sign-flipped"]
