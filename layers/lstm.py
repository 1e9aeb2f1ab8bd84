"""Long short-term memory: one step of it, and a sequence.

The gates stand in the course's order, (i, f, o, g), in the columns of Wx, Wh and b: input, forget
and output gate, then the candidate. PyTorch's order is (i, f, g, o), ONNX's (i, o, f, g).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from layers.arguments import Array, cached, floating, same_shape
from layers.precision import cast, widen
from layers.sequences import (
    StepMasks,
    batch_first,
    gates_of_inputs,
    gradients_of_inputs,
    sequence_arguments,
    state_arrays,
    step_masks,
    time_first,
    weight_gradient,
)

LstmCache = tuple[Array, Array, Array, Array, Array, Array, Any, tuple[Any, ...]]
LstmGradients = tuple[Array, Array, Array, Array, Array]
_LSTM = (np.ndarray,) * 6 + (object, tuple)


def lstm_step_forward(
    x: Array, prev_h: Array, prev_c: Array, Wx: Array, Wh: Array, b: Array,
    dropout_param: Mapping[str, Any] | None = None,
) -> tuple[Array, Array, LstmCache]:
    """Take one step of an LSTM.

    ::

        a = x @ Wx + prev_h @ Wh + b
        i, f, o, g = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o), tanh(a_g)
        next_c = f * prev_c + i * g
        next_h = o * tanh(next_c)

    Parameters
    ----------
    x : array of float, shape (N, D)
        The inputs of one time step.
    prev_h, prev_c : arrays of float, shape (N, H)
        The hidden state and the cell state before it.
    Wx, Wh, b : arrays of float, shapes (D, 4H), (H, 4H), (4H,)
    dropout_param : dict, optional
        As in `rnn_forward`. A loop over steps with one 'seed' drops the same units at each.

    Returns
    -------
    next_h, next_c : arrays, shape (N, H)
        Of the dtypes of x and prev_c.
    cache : tuple
        For `lstm_step_backward`.

    Raises
    ------
    TypeError, ValueError, KeyError
        As in `lstm_forward`.

    References
    ----------
    Hochreiter, Schmidhuber, "Long short-term memory", Neural Computation 9 (1997); the forget
    gate is of Gers, Schmidhuber, Cummins, "Learning to forget", Neural Computation 12 (2000).

    Examples
    --------
    >>> zeros, W = np.zeros((1, 1)), np.zeros((1, 4))
    >>> next_h, next_c, cache = lstm_step_forward(zeros, zeros, np.ones((1, 1)), W, W, W[0])
    >>> print(next_h.round(4), next_c)
    [[0.2311]] [[0.5]]
    """
    x = floating("x", x, ndim=2)
    arguments = sequence_arguments(x[:, np.newaxis], prev_h, Wx, Wh, b, 4, "prev_h")
    prev_c = same_shape("prev_c", prev_c, np.shape(prev_h), "prev_h",
                        "give each unit one hidden and one cell state")
    h, c, cache = _run(arguments, prev_c, dropout_param)
    return h[:, 0], cast(c[1], prev_c.dtype), cache


def lstm_step_backward(
    dnext_h: Array, dnext_c: Array, cache: LstmCache
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Backpropagate through `lstm_step_forward`.

    dc = dnext_c + dnext_h * o * (1 - tanh(next_c)^2); da joins dc * g * i (1 - i),
    dc * prev_c * f (1 - f), dnext_h * tanh(next_c) * o (1 - o) and dc * i * (1 - g^2);
    dprev_c = dc * f, and the rest is that of an affine layer.

    Parameters
    ----------
    dnext_h, dnext_c : arrays of float, shape (N, H)
    cache : tuple
        From `lstm_step_forward`.

    Returns
    -------
    dx, dprev_h, dprev_c, dWx, dWh, db : arrays
        Of the shapes and dtypes of x, prev_h, prev_c, Wx, Wh and b.

    Examples
    --------
    >>> zeros, W = np.zeros((1, 1)), np.zeros((1, 4))
    >>> *_, cache = lstm_step_forward(zeros, zeros, np.ones((1, 1)), W, W, W[0])
    >>> dx, dh, dc, dWx, dWh, db = lstm_step_backward(zeros, np.ones((1, 1)), cache)
    >>> print(dc, db)
    [[0.5]] [0.   0.25 0.   0.5 ]
    """
    c = cached(cache, _LSTM, "lstm_step_forward")[1]
    dnext_h, dnext_c = (
        same_shape(f"d{name}", d, c.shape[1:], f"lstm_step_forward's {name}")
        for d, name in ((dnext_h, "next_h"), (dnext_c, "next_c")))
    (dx, *rest), dprev_c = _run_back(dnext_h[:, np.newaxis], widen(dnext_c), cache)
    return dx[:, 0], rest[0], dprev_c, *rest[1:]  # type: ignore[return-value]


def lstm_forward(
    x: Array, h0: Array, Wx: Array, Wh: Array, b: Array,
    dropout_param: Mapping[str, Any] | None = None,
) -> tuple[Array, LstmCache]:
    """Run an LSTM over sequences, from the hidden state h0 and a cell state of zeros.

    ::

        a_t = drop(x_t) @ Wx + drop(h_{t-1}) @ Wh + b           drop: under dropout, mode 'train'
        c_t = sigmoid(a_f) * c_{t-1} + sigmoid(a_i) * tanh(a_g)
        h_t = sigmoid(a_o) * tanh(c_t)

    The cell state is never dropped: it is carried through all steps, and a mask that scales by
    1 / (1 - p) would multiply it by that once a step.

    Parameters
    ----------
    x : array of float, shape (N, T, D)
        N sequences of T >= 1 steps.
    h0 : array of float, shape (N, H)
        The hidden state before the first step.
    Wx, Wh, b : arrays of float, shapes (D, 4H), (H, 4H), (4H,)
        The gates in the order i, f, o, g.
    dropout_param : dict, optional
        As in `rnn_forward`.

    Returns
    -------
    h : array, shape (N, T, H)
        The hidden states after each step, of x's dtype; float16 is computed in float32.
    cache : tuple
        For `lstm_backward`.

    Raises
    ------
    TypeError
        If an argument is no floating array.
    ValueError, KeyError
        If T is 0, shapes do not fit each other, a parameter holds NaN, or as in `dropout_forward`.

    References
    ----------
    .. [1] Hochreiter, Schmidhuber, "Long short-term memory", Neural Computation 9 (1997).
    .. [2] Gal, Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
       Networks", NIPS 2016, section 4.2 (tied masks).

    Examples
    --------
    >>> x, zeros = np.array([[[1.0], [0.0], [0.0]]]), np.zeros((1, 1))
    >>> Wx = np.array([[0.0, 0.0, 0.0, 2.0]])
    >>> h, cache = lstm_forward(x, zeros, Wx, np.zeros((1, 4)), np.zeros(4))
    >>> print(h[0, :, 0].round(4))
    [0.2239 0.1182 0.06  ]
    """
    arguments = sequence_arguments(x, h0, Wx, Wh, b, 4)
    h, _, cache = _run(arguments, np.zeros_like(h0), dropout_param)
    return h, cache


def lstm_backward(dh: Array, cache: LstmCache) -> LstmGradients:
    """Backpropagate through `lstm_forward`, through time: the steps of `lstm_step_backward`.

    Parameters
    ----------
    dh : array of float, shape (N, T, H)
        Upstream gradient of every hidden state.
    cache : tuple
        From `lstm_forward`.

    Returns
    -------
    dx, dh0, dWx, dWh, db : arrays
        Of the shapes and dtypes of x, h0, Wx, Wh and b.

    Raises
    ------
    ValueError
        If dh has not the shape of h.

    Examples
    --------
    >>> x, zeros = np.zeros((1, 2, 1)), np.zeros((1, 1))
    >>> Wx = np.array([[0.0, 0.0, 0.0, 8.0]])
    >>> _, cache = lstm_forward(x, zeros, Wx, np.zeros((1, 4)), np.zeros(4))
    >>> dx, dh0, dWx, dWh, db = lstm_backward(np.ones((1, 2, 1)), cache)
    >>> print(dx[0, :, 0], db)
    [3. 2.] [0.    0.    0.    0.625]
    """
    gates, c, *_ = cached(cache, _LSTM, "lstm_forward")
    shape = (c.shape[1], len(gates), c.shape[2])
    dh = same_shape("dh", dh, shape, "lstm_forward's h")
    return _run_back(dh, np.zeros_like(c[0]), cache)[0]


def _run(
    arguments: tuple[Array, Array, Array, Array, Array], c0: Array,
    dropout_param: Mapping[str, Any] | None,
) -> tuple[Array, Array, LstmCache]:
    """Return the hidden states (N, T, H), the cell states (T + 1, N, H) and the cache."""
    x, h0, Wx, Wh, b = arguments
    masks = step_masks(dropout_param, x.shape, h0.shape[1])
    inputs = time_first(x if masks is None else masks.on_inputs(x))
    sign = np.ones(b.shape, np.int8)
    sign[:3 * h0.shape[1]] = -1  # the sigmoid takes exp(-a): the weights give -a for nothing
    with np.errstate(invalid="ignore", over="ignore"):
        gates = gates_of_inputs(inputs, widen(Wx * sign), widen(b * sign),
                                widen(h0), widen(c0))
        h, states, c = _through_time(gates, widen(h0), widen(c0), widen(Wh * sign), masks)
    return batch_first(h, x.dtype), c, (gates, c, states, inputs, Wx, Wh, masks,
                                        (x.dtype, h0.dtype, c0.dtype, b.dtype))


def _through_time(
    gates: Array, h0: Array, c0: Array, Wh: Array, masks: StepMasks | None
) -> tuple[Array, Array, Array]:
    """Turn what x gives to the gates into the gates; return h, what of it went into them, and c."""
    size = h0.shape[1]
    h, states = state_arrays(len(gates), h0, gates.dtype, masks)
    c = np.empty_like(h)
    c[0] = c0
    for t, gate in enumerate(gates):
        if masks is not None:
            states[t] = masks.on_state(h[t], t)
        gate += states[t] @ Wh
        sigmoids, g = gate[:, :3 * size], gate[:, 3 * size:]
        np.exp(sigmoids, out=sigmoids)
        sigmoids += 1
        np.reciprocal(sigmoids, out=sigmoids)
        np.tanh(g, out=g)
        i, f, o = (sigmoids[:, k * size:(k + 1) * size] for k in range(3))
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += i * g
        np.multiply(o, np.tanh(c[t + 1]), out=h[t + 1])
    return h[1:], states, c


def _run_back(dh: Array, dc: Array, cache: LstmCache) -> tuple[LstmGradients, Array]:
    """Return the gradients of x, h0, Wx, Wh and b, and that of c0."""
    gates, c, states, inputs, Wx, Wh, masks, dtypes = cached(cache, _LSTM, "lstm_forward")
    with np.errstate(invalid="ignore"):
        da, dh0, dc0 = _back_through_time(time_first(dh), dc, gates, c, widen(Wh).T, masks)
        dWh = cast(weight_gradient(states, da), Wh.dtype)
        db = cast(da.sum(axis=(0, 1)), dtypes[3])
    dx, dWx = gradients_of_inputs(da, inputs, Wx, masks, dtypes[0])
    return (dx, cast(dh0, dtypes[1]), dWx, dWh, db), cast(dc0, dtypes[2])


def _back_through_time(
    dh: Array, dc: Array, gates: Array, c: Array, transposed: Array, masks: StepMasks | None
) -> tuple[Array, Array, Array]:
    """Return the gradients of what goes into the gates at every step, of h0 and of c0."""
    size = c.shape[2]
    da, dstate = np.empty_like(gates), np.zeros_like(c[0])
    for t in reversed(range(len(gates))):
        i, f, o, g = (gates[t, :, k * size:(k + 1) * size] for k in range(4))
        di, df, do, dg = (da[t, :, k * size:(k + 1) * size] for k in range(4))
        dstate = dh[t] + dstate
        tanh_c = np.tanh(c[t + 1])
        dc = dc + dstate * o * (1 - tanh_c * tanh_c)
        np.multiply(dc, g, out=di)
        np.multiply(dc, c[t], out=df)
        np.multiply(dstate, tanh_c, out=do)
        np.multiply(dc * i, 1 - g * g, out=dg)
        sigmoids = gates[t, :, :3 * size]
        da[t, :, :3 * size] *= sigmoids * (1 - sigmoids)
        dstate = da[t] @ transposed
        if masks is not None:
            dstate = masks.on_state(dstate, t)
        dc = dc * f
    return da, dstate, dc
