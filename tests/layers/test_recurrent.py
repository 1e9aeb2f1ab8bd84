"""Laws of the recurrent layers, their oracles, and why dropout leaves the carried state alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

import layers as L
from layers.sequences import step_masks
from tests.layers.layer_laws import Layer, every_law, law, seeds

DROP = {"p": 0.4, "mode": "train", "seed": 3}
GATES = {"rnn": 1, "lstm": 4}
every_cell = pytest.mark.parametrize("cell", GATES)


def arguments(rng, cell, N=3, T=4, D=5, H=6, scale=0.5):
    width = GATES[cell] * H
    return tuple(scale * rng.normal(size=shape) for shape in (
        (N, T, D), (N, H), (D, width), (H, width), (width,)))


def pair(name):
    return getattr(L, f"{name}_forward"), getattr(L, f"{name}_backward")


def sequence(cell, *more):
    return Layer(*pair(cell), lambda rng: (*arguments(rng, cell), *more), "dh")


def one_step(rng):
    x, *rest = arguments(rng, "rnn")
    return (x[:, 0], *rest)


STEP = Layer(*pair("rnn_step"), one_step, "dnext_h")
KINDS = [{**DROP, "granularity": kind} for kind in ("sequence", "step")]


@every_law(STEP, *(sequence(cell) for cell in GATES),
           *(sequence(cell, param) for cell in GATES for param in KINDS))
def test_recurrent_layers_obey_the_common_law(layer, assert_law):
    assert_law(layer)


def sigmoid_first(x, h0, Wx, Wh, b, keep_x=1.0, keep_h=1.0, on_state=None):
    """A naive LSTM in a loop: what the definition says, a sample and a step at a time."""
    H, out = h0.shape[1], np.empty((*x.shape[:2], h0.shape[1]))
    for n in range(len(x)):
        h, c = h0[n], np.zeros(H)
        for t in range(x.shape[1]):
            a = (keep_x * x)[n, t] @ Wx + (keep_h * h if on_state is None else h) @ Wh + b
            i, f, o = (expit(a[k * H:(k + 1) * H]) for k in range(3))
            c = f * c + i * np.tanh(a[3 * H:])
            h = out[n, t] = o * np.tanh(c)
    return out


@law
@given(seeds, st.integers(0, 3), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_an_lstm_is_the_loop_that_defines_it(seed, N, T, D, H):
    args = arguments(np.random.default_rng(seed), "lstm", N, T, D, H, scale=1.0)
    np.testing.assert_allclose(L.lstm_forward(*args)[0], sigmoid_first(*args), atol=1e-12)


@law
@given(seeds, st.integers(1, 4), st.booleans())
def test_a_sequence_is_its_steps_one_after_the_other(seed, T, locked):
    rng, param = np.random.default_rng(seed), {**DROP, "seed": seed} if locked else None
    x, h0, *weights = arguments(rng, "rnn", T=T)
    h, before = L.rnn_forward(x, h0, *weights, param)[0], h0
    for t in range(T):
        before, _ = L.rnn_step_forward(x[:, t], before, *weights, param)
        np.testing.assert_allclose(h[:, t], before, atol=1e-14)
    x, h0, *weights = arguments(rng, "lstm", T=T)
    h, before, c = L.lstm_forward(x, h0, *weights, param)[0], h0, np.zeros_like(h0)
    for t in range(T):
        before, c, _ = L.lstm_step_forward(x[:, t], before, c, *weights, param)
        np.testing.assert_allclose(h[:, t], before, atol=1e-14)


@every_cell
def test_the_gradient_of_a_sequence_is_that_of_its_steps_backwards(cell):
    rng = np.random.default_rng(0)
    x, h0, *weights = arguments(rng, cell)
    dh = rng.normal(size=(*x.shape[:2], h0.shape[1]))
    dx, dh0, *dweights = pair(cell)[1](dh, pair(cell)[0](x, h0, *weights)[1])
    forward, backward = pair(f"{cell}_step")
    state, caches = [h0] if cell == "rnn" else [h0, np.zeros_like(h0)], []
    for t in range(x.shape[1]):
        *state, cache = forward(x[:, t], *state, *weights)
        caches.append(cache)
    dstate, sums = [np.zeros_like(part) for part in state], [np.zeros_like(w) for w in weights]
    for t in reversed(range(x.shape[1])):
        dstate[0] = dstate[0] + dh[:, t]
        dxt, *rest = backward(*dstate, caches[t])
        np.testing.assert_allclose(dx[:, t], dxt, atol=1e-13)
        dstate = rest[:len(state)]
        sums = [total + d for total, d in zip(sums, rest[len(state):], strict=True)]
    for got, expected in zip((dh0, *dweights), (dstate[0], *sums), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-12)


@pytest.mark.parametrize("place", range(6))
def test_the_gradient_of_an_lstm_step_is_that_of_both_its_states(place):
    rng = np.random.default_rng(1)
    x, h, *weights = arguments(rng, "lstm")
    args = [x[:, 0], h, rng.normal(size=h.shape), *weights]
    dh, dc = rng.normal(size=(2, *h.shape))
    gradient = L.lstm_step_backward(dh, dc, L.lstm_step_forward(*args)[2])[place]
    direction = rng.normal(size=gradient.shape)

    def value(step):
        moved = [*args[:place], args[place] + step * direction, *args[place + 1:]]
        next_h, next_c, _ = L.lstm_step_forward(*moved)
        return (next_h * dh).sum() + (next_c * dc).sum()

    slope = (value(1e-6) - value(-1e-6)) / 2e-6
    assert (gradient * direction).sum() == pytest.approx(slope, rel=1e-7)


@every_cell
def test_permuting_the_batch_permutes_what_belongs_to_samples(cell):
    rng = np.random.default_rng(0)
    x, h0, *weights = arguments(rng, cell)
    order = np.array([2, 0, 1])
    out, cache = pair(cell)[0](x, h0, *weights)
    permuted, permuted_cache = pair(cell)[0](x[order], h0[order], *weights)
    np.testing.assert_allclose(permuted, out[order], atol=1e-14)
    dx, dh0, *rest = pair(cell)[1](out, cache)
    dx_permuted, dh0_permuted, *rest_permuted = pair(cell)[1](permuted, permuted_cache)
    np.testing.assert_allclose(dx_permuted, dx[order], atol=1e-14)
    np.testing.assert_allclose(dh0_permuted, dh0[order], atol=1e-14)
    for one, other in zip(rest, rest_permuted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-13)


@every_cell
def test_what_comes_later_does_not_change_what_was_before(cell):
    x, h0, *weights = arguments(np.random.default_rng(0), cell, T=5)
    out, _ = pair(cell)[0](x, h0, *weights)
    later, _ = pair(cell)[0](np.concatenate([x[:, :3], -x[:, 3:]], axis=1), h0, *weights)
    np.testing.assert_array_equal(out[:, :3], later[:, :3])
    assert (out[:, 3:] != later[:, 3:]).all()


@every_cell
def test_against_torch_where_it_is_installed(cell):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, h0, Wx, Wh, b = (a.astype(np.float32) for a in arguments(rng, cell))
    H = h0.shape[1]
    order = (0, 1, 3, 2) if cell == "lstm" else (0,)  # torch: i, f, g, o

    def theirs(w):
        return torch.tensor(np.concatenate([w[..., k * H:(k + 1) * H] for k in order], axis=-1).T)

    net = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM}[cell](x.shape[2], H, batch_first=True)
    net.load_state_dict({"weight_ih_l0": theirs(Wx), "weight_hh_l0": theirs(Wh),
                         "bias_ih_l0": theirs(b), "bias_hh_l0": torch.zeros(len(b))})
    tx, th = torch.tensor(x, requires_grad=True), torch.tensor(h0[None], requires_grad=True)
    out, _ = net(tx, th if cell == "rnn" else (th, torch.zeros_like(th)))
    dh = rng.normal(size=out.shape).astype(np.float32)
    out.backward(torch.tensor(dh))
    h, cache = pair(cell)[0](x, h0, Wx, Wh, b)
    dx, dh0, dWx, _, db = pair(cell)[1](dh, cache)
    np.testing.assert_allclose(h, out.detach().numpy(), atol=1e-6)
    np.testing.assert_allclose(dx, tx.grad.numpy(), atol=1e-5)
    np.testing.assert_allclose(dh0, th.grad.numpy()[0], atol=1e-5)
    np.testing.assert_allclose(theirs(dWx), net.weight_ih_l0.grad, atol=1e-5)
    np.testing.assert_allclose(theirs(db), net.bias_ih_l0.grad, atol=1e-5)


def test_locked_masks_are_those_of_locked_dropout_on_the_inputs_and_one_more_on_the_state():
    x, h0, *weights = arguments(np.random.default_rng(0), "rnn")
    param = {**DROP, "state_p": 0.0}
    dropped, _ = L.locked_dropout_forward(x, DROP)
    np.testing.assert_allclose(L.rnn_forward(x, h0, *weights, param)[0],
                               L.rnn_forward(dropped, h0, *weights)[0], atol=1e-14)
    masks = step_masks(DROP, (50, 7, 6), 6)
    assert masks.inputs.shape == masks.state.shape == (50, 1, 6)
    assert 0.3 < (masks.inputs != masks.state).mean() < 0.65  # 2 * 0.4 * 0.6 of independent ones


def test_masks_at_every_step_are_those_of_dropout_on_all_inputs():
    x, h0, *weights = arguments(np.random.default_rng(0), "lstm")
    param = {**DROP, "granularity": "step", "state_p": 0.0}
    dropped, _ = L.dropout_forward(x, DROP)
    np.testing.assert_allclose(L.lstm_forward(x, h0, *weights, param)[0],
                               L.lstm_forward(dropped, h0, *weights)[0], atol=1e-14)
    masks = step_masks({**DROP, "granularity": "step"}, (50, 7, 5), 6)
    assert masks.state.shape == (50, 7, 6)
    assert (masks.state[:, 1:] != masks.state[:, :-1]).any()


@every_cell
def test_test_mode_and_p_zero_are_no_dropout(cell):
    args = arguments(np.random.default_rng(0), cell)
    plain, _ = pair(cell)[0](*args)
    for param in ({**DROP, "mode": "test"}, {**DROP, "p": 0.0}):
        np.testing.assert_array_equal(pair(cell)[0](*args, param)[0], plain)


def test_the_state_is_carried_whole_and_only_its_way_into_the_gates_is_dropped():
    """Gates that do not look at the state leave the cell state of no dropout at all."""
    rng = np.random.default_rng(0)
    x, h0, Wx, Wh, b = arguments(rng, "lstm", T=20)
    param = {"mode": "train", "p": 0.0, "state_p": 0.5, "seed": 1}
    blind = (x, h0, Wx, 0 * Wh, b)
    np.testing.assert_allclose(L.lstm_forward(*blind, param)[0], L.lstm_forward(*blind)[0])
    seeing = (x, h0, Wx, Wh, b)
    assert (L.lstm_forward(*seeing, param)[0] != L.lstm_forward(*seeing)[0]).any()


def remembering(T, H=40):
    """Arguments of an LSTM whose cell state is written once and then kept: f = 1, i = 0."""
    b = np.concatenate([np.full(H, -50.0), np.full(H, 50.0), np.full(H, 50.0), np.zeros(H)])
    x = np.zeros((1, T, 1))
    x[0, 0] = 1
    Wx = np.concatenate([np.full(H, 100.0), np.zeros(2 * H), np.full(H, 0.1)])[np.newaxis]
    return x, np.zeros((1, H)), Wx, np.zeros((H, 4 * H)), b


@pytest.mark.parametrize("kind", ["sequence", "step"])
def test_a_mask_on_the_carried_state_would_blow_it_up_or_wipe_it_out(kind):
    """Why the carried state is left alone: 1 / (1 - p) a step is 2**20 after twenty, or 0."""
    T, p = 21, 0.5
    x, h0, *weights = remembering(T)
    param = {"mode": "train", "p": 0.0, "state_p": p, "seed": 0, "granularity": kind}
    ours = L.lstm_forward(x, h0, *weights, param)[0]
    np.testing.assert_allclose(ours[:, -1], ours[:, 0], rtol=1e-12)
    masks = step_masks(param, x.shape, h0.shape[1])
    c = np.full(h0.shape, 0.1)
    for t in range(1, T):
        c = masks.on_state(c, t)
    if kind == "sequence":
        assert set(np.unique(c)) == {0.0, 0.1 * 2.0**20}
    else:
        assert not c.any()


@every_cell
def test_a_dropped_input_counts_nothing_even_where_it_is_not_finite(cell):
    x, h0, *weights = arguments(np.random.default_rng(0), cell)
    masks = step_masks(DROP, x.shape, h0.shape[1])
    bad = np.where(np.broadcast_to(masks.inputs, x.shape), x, np.nan)
    out, cache = pair(cell)[0](bad, h0, *weights, DROP)
    assert np.isfinite(out).all()
    dx = pair(cell)[1](out, cache)[0]
    assert not dx[np.isnan(bad)].any()


def test_gates_that_saturate_neither_overflow_nor_warn():
    for dtype in (np.float32, np.float64):
        args = [a.astype(dtype) for a in arguments(np.random.default_rng(0), "lstm", scale=300)]
        h, cache = L.lstm_forward(*args)
        assert np.isfinite(h).all()
        assert all(np.isfinite(g).all() for g in L.lstm_backward(h, cache))


def test_the_returned_states_may_be_changed_without_changing_the_cache():
    for cell in GATES:
        args = arguments(np.random.default_rng(0), cell)
        h, cache = pair(cell)[0](*args)
        expected = pair(cell)[1](np.ones_like(h), cache)
        dout = np.ones_like(h)
        h *= 100
        for one, other in zip(pair(cell)[1](dout, cache), expected, strict=True):
            np.testing.assert_array_equal(one, other)
