"""What recurrent layers share: their arguments, their dropout, and the order of their arrays.

Inside, time comes first, (T, N, ...): a step then reads and writes memory that lies together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from layers.arguments import Array, floating, one_of, parameter, probability, refuse, same_shape
from layers.blocked import Mask
from layers.masks import bernoulli, derived, source_of
from layers.precision import cast, widen
from layers.replay import apply_mask
from layers.settings import Shape, dropout_settings

Arguments = tuple[Array, Array, Array, Array, Array]
ROWS_OF_WX = "give Wx a row for each feature of x"


def sequence_arguments(
    x: Array, h0: Array, Wx: Array, Wh: Array, b: Array, gates: int, state: str = "h0"
) -> Arguments:
    """Return the arguments of a recurrent layer with so many gates, or say what does not fit.

    Examples
    --------
    >>> x, h0 = np.ones((2, 0, 3)), np.ones((2, 4))
    >>> sequence_arguments(x, h0, np.ones((3, 4)), np.ones((4, 4)), np.ones(4), gates=1)
    Traceback (most recent call last):
    ValueError: x: got a float64 array of shape (2, 0, 3); expected at least one time step, ...
    """
    x = floating("x", x, ndim=3)
    if x.shape[1] == 0:
        refuse("x", x, "at least one time step, shape (N, T, D) with T >= 1",
               "leave empty sequences out: they have no last state")
    h0 = floating(state, h0, ndim=2)
    if len(h0) != len(x):
        refuse(state, h0, f"shape ({len(x)}, H), one state for each of the {len(x)} sequences of x",
               f"pass as many rows as x {x.shape} has sequences")
    size = h0.shape[1]
    columns = f"{gates} * H = {gates * size}" if gates > 1 else f"H = {size}"
    Wx = _weights("Wx", Wx, (x.shape[2], gates * size), f"D = {x.shape[2]}, {columns}")
    Wh = _weights("Wh", Wh, (size, gates * size), f"H = {size}, {columns}")
    b = same_shape("b", parameter("b", b, ndim=1), (gates * size,), f"{columns}, Wx's columns",
                   "give each gate of each unit one bias")
    return x, h0, Wx, Wh, b


def _weights(name: str, value: object, shape: Shape, sizes: str) -> Array:
    array = parameter(name, value, ndim=2)
    if array.shape != shape:
        refuse(name, array, f"shape {shape}: {sizes} by the shapes of x and the state",
               f"make {name}.shape == {shape}, or transpose {name} if it is stored so")
    return array


def time_first(array: Array) -> Array:
    """Return (N, T, ...) as a fresh, wide array (T, N, ...)."""
    return np.array(widen(array).swapaxes(0, 1), order="C")


def batch_first(array: Array, dtype: Any) -> Array:
    """Return (T, N, ...) as a fresh array (N, T, ...) of `dtype`."""
    return np.array(array.swapaxes(0, 1), dtype=dtype, order="C")


def product(rows: Array, w: Array) -> Array:
    """Multiply all time steps (T, N, D) by w (D, M) at once."""
    return (rows.reshape(-1, w.shape[0]) @ w).reshape(*rows.shape[:2], w.shape[1])


def gates_of_inputs(inputs: Array, Wx: Array, b: Array, *states: Array) -> Array:
    """Return what the inputs (T, N, D) give to the gates of all steps, wide enough for the states.

    Examples
    --------
    >>> ones = np.ones((2, 1, 3), np.float32)
    >>> gates_of_inputs(ones, ones[0].T, np.ones(1), np.ones((1, 1)))[:, 0]
    array([[4.],
           [4.]])
    """
    gates = product(inputs, Wx).astype(np.result_type(inputs, Wx, b, *states), copy=False)
    gates += b
    return gates


def state_arrays(
    T: int, h0: Array, dtype: Any, masks: StepMasks | None
) -> tuple[Array, Array]:
    """Return room for the states (T + 1, N, H), h0 first, and for what of them goes into the gates.

    Both are one array where nothing is dropped.
    """
    h = np.empty((T + 1, *h0.shape), dtype)
    h[0] = h0
    return h, h[:-1] if masks is None else np.empty_like(h[:-1])


def weight_gradient(rows: Array, da: Array) -> Array:
    """Sum the outer products of all time steps at once: rows (T, N, D), da (T, N, M)."""
    return rows.reshape(-1, rows.shape[2]).T @ da.reshape(-1, da.shape[2])


def gradients_of_inputs(
    da: Array, x: Array, Wx: Array, masks: StepMasks | None, dtype: Any
) -> tuple[Array, Array]:
    """Return dx (N, T, D) and dWx of gates x @ Wx with the gradient da (T, N, M)."""
    with np.errstate(invalid="ignore"):
        dx = batch_first(product(da, widen(Wx).T), dtype)
        dWx = cast(weight_gradient(x, da), Wx.dtype)
    return (dx if masks is None else masks.on_inputs(dx)), dWx


@dataclass(frozen=True)
class StepMasks:
    """The masks of a recurrent layer while it trains.

    Attributes
    ----------
    inputs, state : array of bool, shapes (N, T or 1, D) and (N, T or 1, H)
        True = kept. With a 1 one decision holds at all steps.
    keep_x, keep_h : float
        1 - p of each.
    """

    inputs: Mask
    state: Mask
    keep_x: float
    keep_h: float

    def on_inputs(self, x: Array) -> Array:
        """Return x (N, T, D), or its gradient, under the mask of the inputs."""
        return apply_mask(x, np.broadcast_to(self.inputs, x.shape), self.keep_x)

    def on_state(self, h: Array, t: int) -> Array:
        """Return the state (N, H) on its way into the gates of step t, or its gradient."""
        return apply_mask(h, self.state[:, t % self.state.shape[1]], self.keep_h)


def step_masks(param: Mapping[str, Any] | None, shape: Shape, size: int) -> StepMasks | None:
    """Draw the masks for inputs of `shape` (N, T, D) and H = `size` units; None: nothing drops.

    The inputs get the mask that `locked_dropout_forward` and `dropout_forward` draw from the same
    dict; the state gets one from a source of its own, so that not the same units of both go.

    Examples
    --------
    >>> masks = step_masks({"p": 0.5, "mode": "train", "seed": 0}, (1, 3, 4), 4)
    >>> masks.inputs.astype(int).tolist(), masks.state.astype(int).tolist()
    ([[[1, 0, 0, 1]]], [[[0, 1, 0, 0]]])
    >>> step_masks({"p": 0.5, "mode": "test"}, (1, 3, 4), 4) is None
    True
    """
    if param is None:
        return None
    settings = dropout_settings(param, stores=("mask",))
    settings.refuse_shared_axes()
    kind = one_of("dropout_param['granularity']", settings.param.get("granularity", "sequence"),
                  ("sequence", "step"))
    state_p = probability("dropout_param['state_p']", settings.param.get("state_p", settings.p))
    if settings.mode == "test":
        return None
    source = source_of(settings.param)
    steps = shape[1] if kind == "step" else 1
    return StepMasks(bernoulli((shape[0], steps, shape[2]), settings.p, source),
                     bernoulli((shape[0], steps, size), state_p, derived(source, 1)),
                     1.0 - settings.p, 1.0 - state_p)
