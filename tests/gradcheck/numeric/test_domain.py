"""Near the edge of a function's domain wide steps leave it; NaN and inf agree with nothing."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_gradient, check_layer, numerical_gradient

EDGES = {
    "arcsin": (np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)), -1 + 1e-10),
    "log(1 - x)": (lambda x: -np.log(1 - x), lambda x: 1 / (1 - x), 1 - 1e-11),
    "sqrt": (lambda x: np.sqrt(1 + x), lambda x: 0.5 / np.sqrt(1 + x), -1 + 1e-11),
}
AMONG = np.random.default_rng(0).uniform(-0.5, 0.5, 3000)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("among", [0, 3, 3000], ids="among {} others".format)
def test_steps_are_narrowed_until_they_stay_inside(name, among):
    function, derivative, edge = EDGES[name]
    x = np.append(AMONG[:among], edge)
    f = lambda x: np.sum(function(x))  # noqa: E731
    right = check_gradient(f, derivative, x)
    assert right.passed, str(right)
    for wrong in (np.zeros_like, lambda x: -derivative(x), lambda x: 1.01 * derivative(x),
                  lambda x: np.where(x == edge, 0.0, derivative(x))):
        assert check_gradient(f, wrong, x).status == "failed"


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("name", EDGES)
def test_the_numeric_gradient_holds_its_bound_beside_the_edge(name):
    function, derivative, edge = EDGES[name]
    value, bound = numerical_gradient(lambda x: np.sum(function(x)), np.array([edge]))
    assert abs(value[0] - derivative(edge)) <= bound[0] <= 1e-2 * derivative(edge)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("among", [0, 3, 3000], ids="among {} others".format)
@pytest.mark.parametrize("returned", [0.0, 1.0, 1e300])
def test_where_every_step_leaves_the_domain_nothing_is_passed(among, returned):
    x = np.append(AMONG[:among], 1.0)
    report = check_gradient(lambda x: np.sum(np.sqrt(1 - x)),
                            lambda x: np.where(x == 1, returned, -0.5 / np.sqrt(1 - x + (x == 1))),
                            x)
    assert report.status == "inconclusive"
    assert "undecided" in str(report)


def test_a_numeric_value_that_is_not_known_has_an_infinite_bound():
    with np.errstate(invalid="ignore"):
        value, bound = numerical_gradient(lambda x: np.sum(np.sqrt(1 - x)), np.ones(1))
    assert np.isnan(value[0])
    assert bound[0] == np.inf


def test_a_layer_whose_other_outputs_leave_the_domain_is_judged_where_it_can_be():
    x = np.array([0.3, -0.2, 1.0])
    backward = lambda dout, x: dout * np.where(x == 1, 0, -0.5 / np.sqrt(1 - x + (x == 1)))  # noqa: E731
    report = check_layer(lambda x: (np.sqrt(1 - x), x), backward, x)
    assert report.status == "inconclusive"
    wrong = check_layer(lambda x: (np.sqrt(1 - x), x), lambda d, x: -backward(d, x), x)
    assert wrong.status == "failed"


def selected_backward(dout, x):
    dx = np.zeros_like(x)
    dx[x > 0] = dout
    return dx


POSITIVE = {
    "selected": (lambda x: (x[x > 0], x), selected_backward, np.array([1e-9, 1.0, 2.0])),
    "selected from many": (lambda x: (x[x > 0], x), selected_backward,
                           np.random.default_rng(0).standard_normal((40, 50)) ** 5),
    "as many as": (lambda x: (np.full(int(x[0] >= 1) + 1, x[1]), x), lambda d, x: 0 * x,
                   np.array([1.0, 2.0])),
    "at float64": (lambda x: (np.full(1 + (x.dtype == np.float32), x[0]), x),
                   lambda d, x: np.array([d.sum()], x.dtype), np.ones(1, np.float32)),
}


@pytest.mark.parametrize("name", POSITIVE)
def test_an_output_whose_shape_depends_on_values_ends_in_a_finding(name):
    forward, backward, x = POSITIVE[name]
    report = check_layer(forward, backward, x)
    assert [(found.code, found.argument) for found in report.findings] == [("wrong-shape", None)]
    assert "shape" in report.findings[0].message


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_a_shape_that_changes_only_under_wide_steps_is_no_matter(factor):
    x = np.array([1e-3, 1.0, 2.0, -1.0])
    report = check_layer(lambda x: (x[x > 0] ** 3, x),
                         lambda d, x: factor * np.append(3 * d * x[x > 0] ** 2, 0.0), x)
    assert report.passed == (factor == 1), str(report)
