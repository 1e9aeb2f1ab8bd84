"""Alignment is proved, never assumed, and the compressed Jacobian is the dense one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.numeric.dependence import Alignment, align
from gradcheck.numeric.evaluator import Evaluator
from tests.layers.layer_laws import law, seeds


def proved(forward, *args, position=0):
    """Return the alignment of one argument, and how many evaluations the proof took."""
    evaluator = Evaluator(forward, args)
    origin = evaluator.out()
    before = evaluator.count
    alignment = align(evaluator, position, origin, np.ones_like(evaluator.args[position]))
    return alignment, evaluator.count - before


def randn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def affine(x, w, b):
    return x @ w + b, None


def normalized(axis):
    def forward(x):
        return (x - x.mean(axis, keepdims=True)) / x.std(axis, keepdims=True), None
    return forward


def convolved(x):
    """Three channels into two, windows of two by two."""
    w = randn(2, 3, 2, 2, seed=3)
    out = np.zeros((x.shape[0], 2, x.shape[2] - 1, x.shape[3] - 1))
    for i, j in np.ndindex(*out.shape[2:]):
        out[:, :, i, j] = np.einsum("ncij,fcij->nf", x[:, :, i:i + 2, j:j + 2], w)
    return out, None


@pytest.mark.parametrize("shape", [(5,), (4, 7), (3, 3), (2, 3, 4), (2, 2, 2, 2), (1, 6), (64, 65)])
def test_an_elementwise_layer_is_proved_elementwise_in_log2_n_evaluations(shape):
    alignment, evaluations = proved(lambda x: (np.tanh(x), None), randn(*shape))
    assert alignment.elementwise
    assert alignment.group_count == 1
    assert evaluations <= 1 + sum((size - 1).bit_length() for size in shape)


def test_the_cost_of_an_elementwise_proof_grows_with_the_logarithm():
    costs = [proved(lambda x: (x**3, None), randn(2**k))[1] for k in (4, 8, 12, 16)]
    assert costs == [5, 9, 13, 17]


def test_an_affine_layer_is_proved_aligned_along_samples_and_units():
    x, w, b = randn(6, 4), randn(4, 5), randn(5)
    assert proved(affine, x, w, b)[0].pairs == ((0, 0),)
    assert proved(affine, x, w, b, position=1)[0].pairs == ((1, 1),)
    assert proved(affine, x, w, b, position=2)[0].pairs == ((0, 1),)
    assert [proved(affine, x, w, b, position=i)[0].group_count for i in range(3)] == [4, 4, 1]


@pytest.mark.parametrize(("forward", "shape", "pairs"), [
    (normalized(0), (5, 4), ((1, 1),)),
    (normalized(1), (5, 4), ((0, 0),)),
    (normalized(0), (4, 4), ((1, 1),)),
    (normalized(1), (4, 4), ((0, 0),)),
    (normalized(None), (5, 4), ()),
    (convolved, (2, 3, 4, 5), ((0, 0),)),
    (convolved, (3, 3, 3, 3), ((0, 0),)),
    (lambda x: (x.T.copy(), None), (4, 4), ((0, 1), (1, 0))),
    (lambda x: (x.T.copy(), None), (3, 5), ((0, 1), (1, 0))),
    (lambda x: (x.sum(axis=1), None), (4, 4), ((0, 0),)),
    (lambda x: (x.sum(axis=0), None), (4, 4), ((1, 0),)),
    (lambda x: (np.sum(x), None), (4, 4), ()),
    (lambda x: (x @ x.T, None), (4, 4), ()),
    (lambda x: (np.cumsum(x, axis=1), None), (4, 4), ((0, 0),)),
    (lambda x: (x[::-1].copy(), None), (4,), ()),
    (lambda x: (np.roll(x, 1, axis=1), None), (4, 4), ((0, 0),)),
    (lambda x: (np.repeat(x[:, None], 4, 1), None), (4,), ((0, 0),)),
    (lambda x: (np.zeros((4, 4)), None), (4, 4), ((0, 0), (1, 1))),
], ids=["batchnorm", "layernorm", "square batchnorm", "square layernorm", "whole", "conv",
        "cubic conv", "square transpose", "transpose", "row sums", "column sums", "sum", "gram",
        "cumsum", "reversed", "rolled", "repeated", "constant"])
def test_the_pairs_that_a_layer_has_are_proved_and_no_others(forward, shape, pairs):
    assert proved(forward, randn(*shape))[0].pairs == pairs


@pytest.mark.parametrize("amount", [1e-3, 1e-9])
@pytest.mark.parametrize(("target", "source"), [(3, 77), (77, 3), (0, 127), (64, 65), (96, 32)])
def test_one_hidden_dependency_among_many_elements_is_not_overlooked(target, source, amount):
    def forward(x):
        out = np.tanh(x)
        out[target] += amount * x[source]
        return out, None

    assert not proved(forward, randn(128))[0].elementwise
    assert proved(forward, randn(128))[0].pairs == ()


@law
@given(st.integers(2, 40), seeds)
def test_any_hidden_dependency_between_any_two_elements_is_found(size, seed):
    rng = np.random.default_rng(seed)
    target, source = rng.choice(size, 2, replace=False)

    def forward(x):
        out = x * x
        out[target] += 1e-3 * x[source]
        return out, None

    assert proved(forward, rng.standard_normal(size))[0].pairs == ()


@law
@given(st.integers(2, 6), st.integers(2, 6), seeds)
def test_a_dependency_between_rows_unaligns_the_rows_alone(rows, columns, seed):
    rng = np.random.default_rng(seed)
    target, source = rng.choice(rows, 2, replace=False)
    column = int(rng.integers(columns))

    def forward(x):
        out = x * x
        out[target, column] += 1e-3 * x[source, column]
        return out, None

    assert proved(forward, rng.standard_normal((rows, columns)))[0].pairs == ((1, 1),)


def test_a_dependency_in_one_sample_of_a_batch_is_not_overlooked():
    def forward(x):
        out = convolved(x)[0]
        out[4, 1, 0, 0] += 1e-3 * x[2, 0, 1, 1]
        return out, None

    assert proved(forward, randn(6, 3, 4, 5))[0].pairs == ()


def test_an_output_whose_shape_depends_on_the_values_is_never_aligned():
    assert proved(lambda x: (x[x > 0.5 + 1e-9], None), np.linspace(0, 1, 8))[0].pairs == ()


def test_nan_in_the_output_does_not_break_an_alignment():
    assert proved(lambda x: (np.where(x > 0, x, np.nan), None), randn(16))[0].elementwise


def matmul_like(shape_in, shape_out, pairs, seed):
    """A random linear map whose slices along `pairs` do not mix, as a dense tensor."""
    rng = np.random.default_rng(seed)
    tensor = rng.standard_normal((*shape_in, *shape_out))
    for axis, out_axis in pairs:
        eye = np.eye(shape_in[axis])
        shape = [1] * tensor.ndim
        shape[axis] = shape[len(shape_in) + out_axis] = shape_in[axis]
        tensor *= eye.reshape(shape)
    return tensor


@st.composite
def problems(draw):
    """Shapes of an input and an output, and pairs of axes of equal length."""
    shape_in = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    shape_out = draw(st.lists(st.integers(1, 4), min_size=0, max_size=3))
    count = draw(st.integers(0, min(len(shape_in), len(shape_out))))
    axes = draw(st.permutations(range(len(shape_in))))[:count]
    out_axes = draw(st.permutations(range(len(shape_out))))[:count]
    pairs = tuple(zip(axes, out_axes, strict=True))
    for axis, out_axis in pairs:
        shape_out[out_axis] = shape_in[axis]
    return tuple(shape_in), tuple(shape_out), pairs


@law
@given(problems(), seeds)
def test_contracting_and_assembling_groups_gives_the_dense_gradient(problem, seed):
    shape_in, shape_out, pairs = problem
    tensor = matmul_like(shape_in, shape_out, pairs, seed)
    dout = np.random.default_rng(seed + 1).standard_normal(shape_out)
    alignment = Alignment(shape_in, shape_out, pairs)
    deltas = []
    for group in alignment.groups():
        direction = np.zeros(shape_in)
        direction[group] = 1.0
        deltas.append(np.tensordot(direction, tensor, len(shape_in)))
    assert len(deltas) == alignment.group_count
    gradient = alignment.assemble(alignment.contract(np.array(deltas), dout))
    dense = np.tensordot(tensor, dout, len(shape_out))
    np.testing.assert_allclose(gradient, dense, rtol=1e-12, atol=1e-12)


@law
@given(problems())
def test_groups_are_disjoint_and_cover_every_coordinate(problem):
    alignment = Alignment(*problem)
    seen = np.zeros(alignment.in_shape, int)
    for group in alignment.groups():
        seen[group] += 1
    assert np.all(seen == 1)


@law
@given(problems())
def test_every_coordinate_lies_in_its_own_group(problem):
    alignment = Alignment(*problem)
    groups = [str(group) for group in alignment.groups()]
    for where in itertools.islice(np.ndindex(*alignment.in_shape), 40):
        group = alignment.group_of(where)
        assert str(group) in groups
        member = np.zeros(alignment.in_shape, bool)
        member[group] = True
        assert member[where]


@law
@given(problems(), seeds)
def test_spread_gives_every_coordinate_the_value_of_its_slice(problem, seed):
    alignment = Alignment(*problem)
    aligned = sorted(axis for axis, _ in alignment.pairs)
    values = np.random.default_rng(seed).standard_normal(
        [alignment.in_shape[axis] for axis in aligned])
    spread = alignment.spread(values)
    assert spread.shape == alignment.in_shape
    for where in itertools.islice(np.ndindex(*alignment.in_shape), 40):
        assert spread[where] == values[tuple(where[axis] for axis in aligned)]
