"""The vanilla recurrent layer (Elman): one step of it, and a sequence.

The LSTM stands in `layers.lstm`, what both share in `layers.sequences`.
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

RnnCache = tuple[Array, Array, Array, Array, Array, Any, tuple[Any, ...]]
RnnGradients = tuple[Array, Array, Array, Array, Array]
_RNN = (np.ndarray,) * 5 + (object, tuple)


def rnn_step_forward(
    x: Array, prev_h: Array, Wx: Array, Wh: Array, b: Array,
    dropout_param: Mapping[str, Any] | None = None,
) -> tuple[Array, RnnCache]:
    """Take one step of a recurrent layer: next_h = tanh(x @ Wx + prev_h @ Wh + b).

    Parameters
    ----------
    x : array of float, shape (N, D)
        The inputs of one time step.
    prev_h : array of float, shape (N, H)
        The state before it.
    Wx, Wh, b : arrays of float, shapes (D, H), (H, H), (H,)
    dropout_param : dict, optional
        As in `rnn_forward`. A loop over steps with one 'seed' drops the same units at each.

    Returns
    -------
    next_h : array, shape (N, H)
        Of x's dtype.
    cache : tuple
        For `rnn_step_backward`.

    Raises
    ------
    TypeError, ValueError, KeyError
        As in `rnn_forward`.

    References
    ----------
    Elman, "Finding structure in time", Cognitive Science 14 (1990).

    Examples
    --------
    >>> x, h, one = np.array([[1.0]]), np.array([[0.5]]), np.ones((1, 1))
    >>> next_h, cache = rnn_step_forward(x, h, one, one, np.zeros(1))
    >>> print(next_h.round(4))
    [[0.9051]]
    """
    x = floating("x", x, ndim=2)
    sequence_arguments(x[:, np.newaxis], prev_h, Wx, Wh, b, 1, "prev_h")
    h, cache = rnn_forward(x[:, np.newaxis], prev_h, Wx, Wh, b, dropout_param)
    return h[:, 0], cache


def rnn_step_backward(dnext_h: Array, cache: RnnCache) -> RnnGradients:
    """Backpropagate through `rnn_step_forward`.

    da = dnext_h * (1 - next_h^2), dx = da @ Wx.T, dprev_h = da @ Wh.T, dWx = x.T @ da,
    dWh = prev_h.T @ da, db = sum of da over the samples.

    Parameters
    ----------
    dnext_h : array of float, shape (N, H)
    cache : tuple
        From `rnn_step_forward`.

    Returns
    -------
    dx, dprev_h, dWx, dWh, db : arrays
        Of the shapes and dtypes of x, prev_h, Wx, Wh and b.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> _, cache = rnn_step_forward(np.zeros((1, 1)), np.zeros((1, 1)), 2 * one, 3 * one, one[0])
    >>> dx, dprev_h, dWx, dWh, db = rnn_step_backward(one, cache)
    >>> print(dx.round(3), dprev_h.round(3), dWx, dWh, db.round(3))
    [[0.84]] [[1.26]] [[0.]] [[0.]] [0.42]
    """
    h = cached(cache, _RNN, "rnn_step_forward")[0]
    dnext_h = same_shape("dnext_h", dnext_h, h.shape[1:], "rnn_step_forward's next_h")
    dx, *rest = rnn_backward(dnext_h[:, np.newaxis], cache)
    return dx[:, 0], *rest  # type: ignore[return-value]


def rnn_forward(
    x: Array, h0: Array, Wx: Array, Wh: Array, b: Array,
    dropout_param: Mapping[str, Any] | None = None,
) -> tuple[Array, RnnCache]:
    """Run a recurrent layer over sequences: h_t = tanh(x_t @ Wx + h_{t-1} @ Wh + b).

    ::

        h_t = tanh(drop(x_t) @ Wx + drop(h_{t-1}) @ Wh + b)      under dropout, mode 'train'

    Parameters
    ----------
    x : array of float, shape (N, T, D)
        N sequences of T >= 1 steps.
    h0 : array of float, shape (N, H)
        The state before the first step.
    Wx, Wh, b : arrays of float, shapes (D, H), (H, H), (H,)
    dropout_param : dict, optional
        'p', 'mode', 'seed', 'rng' as in `dropout_forward`. Dropped are units of the inputs, and
        of the state on its way into the gates; the state that is carried on and returned is
        whole. 'granularity' is 'sequence' (the default: one mask for all steps, as in [2]_) or
        'step' (a fresh one at each); 'state_p' the probability for the state, where it is
        another than p.

    Returns
    -------
    h : array, shape (N, T, H)
        The states after each step, of x's dtype; float16 is computed in float32.
    cache : tuple
        For `rnn_backward`.

    Raises
    ------
    TypeError
        If an argument is no floating array.
    ValueError, KeyError
        If T is 0, shapes do not fit each other, a parameter holds NaN, or as in `dropout_forward`.

    References
    ----------
    .. [1] Elman, "Finding structure in time", Cognitive Science 14 (1990).
    .. [2] Gal, Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
       Networks", NIPS 2016, equation 7.

    Examples
    --------
    >>> x, one = np.array([[[1.0], [0.0], [0.0]]]), np.ones((1, 1))
    >>> h, cache = rnn_forward(x, np.zeros((1, 1)), one, one, np.zeros(1))
    >>> print(h[0, :, 0].round(4))
    [0.7616 0.642  0.5663]
    """
    x, h0, Wx, Wh, b = sequence_arguments(x, h0, Wx, Wh, b, 1)
    masks = step_masks(dropout_param, x.shape, h0.shape[1])
    inputs = time_first(x if masks is None else masks.on_inputs(x))
    weights = widen(Wh)
    with np.errstate(invalid="ignore"):
        gates = gates_of_inputs(inputs, widen(Wx), widen(b), widen(h0))
        h, states = state_arrays(x.shape[1], widen(h0), gates.dtype, masks)
        for t, gate in enumerate(gates):
            if masks is not None:
                states[t] = masks.on_state(h[t], t)
            gate += states[t] @ weights
            np.tanh(gate, out=h[t + 1])
    return batch_first(h[1:], x.dtype), (h[1:], states, inputs, Wx, Wh, masks,
                                         (x.dtype, h0.dtype, b.dtype))


def rnn_backward(dh: Array, cache: RnnCache) -> RnnGradients:
    """Backpropagate through `rnn_forward`, through time.

    From the last step to the first, da_t = (dh_t + da_{t+1} @ Wh.T) * (1 - h_t^2); then
    dx = da @ Wx.T, dh0 = da_1 @ Wh.T, and dWx, dWh and db sum over samples and steps.

    Parameters
    ----------
    dh : array of float, shape (N, T, H)
        Upstream gradient of every state.
    cache : tuple
        From `rnn_forward`.

    Returns
    -------
    dx, dh0, dWx, dWh, db : arrays
        Of the shapes and dtypes of x, h0, Wx, Wh and b.

    Raises
    ------
    ValueError
        If dh has not the shape of h.

    References
    ----------
    Werbos, "Backpropagation through time: what it does and how to do it", Proc. IEEE 78 (1990).

    Examples
    --------
    >>> x, one = np.zeros((1, 2, 1)), np.ones((1, 1))
    >>> h, cache = rnn_forward(x, np.zeros((1, 1)), one, 3 * one, np.zeros(1))
    >>> dx, dh0, dWx, dWh, db = rnn_backward(np.ones((1, 2, 1)), cache)
    >>> print(dx[0, :, 0], dh0, db)
    [4. 1.] [[12.]] [5.]
    """
    h, states, inputs, Wx, Wh, masks, dtypes = cached(cache, _RNN, "rnn_forward")
    dh = time_first(same_shape("dh", dh, h.swapaxes(0, 1).shape, "rnn_forward's h"))
    with np.errstate(invalid="ignore"):
        da, dstate = _through_time(dh, h, widen(Wh).T, masks)
        dWh = cast(weight_gradient(states, da), Wh.dtype)
        db = cast(da.sum(axis=(0, 1)), dtypes[2])
    dx, dWx = gradients_of_inputs(da, inputs, Wx, masks, dtypes[0])
    return dx, cast(dstate, dtypes[1]), dWx, dWh, db


def _through_time(
    dh: Array, h: Array, transposed: Array, masks: StepMasks | None
) -> tuple[Array, Array]:
    """Return the gradients of what goes into tanh at every step, and of the first state."""
    da = (1 - h) * (1 + h)
    dstate = np.zeros_like(h[0])
    for t in reversed(range(len(h))):
        da[t] *= dh[t] + dstate
        dstate = da[t] @ transposed
        if masks is not None:
            dstate = masks.on_state(dstate, t)
    return da, dstate
