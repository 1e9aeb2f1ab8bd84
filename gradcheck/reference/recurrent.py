"""The values of recurrent layers: a step, and the states of a sequence.

The order in which the gates stand in the weights is the author's: every permutation is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import permutations, product
from typing import Any

import numpy as np

from gradcheck.reference.formula import Array, Reference, Slip, Value, demand
from gradcheck.reference.smooth import expit

Nonlinearity = Callable[[Array], Array]


def rnn_step(x: Array, prev_h: Array, Wx: Array, Wh: Array, b: Array,
             nonlinearity: Nonlinearity = np.tanh, mode: str = "test", **_: Any) -> Array:
    """Return tanh(x Wx + h Wh + b).

    >>> rnn_step(np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1)),
    ...          np.zeros(1)).round(3).tolist()
    [[0.762]]
    """
    demand(mode == "test")  # what dropout makes of it, no formula says
    return np.asarray(nonlinearity(x @ Wx + prev_h @ Wh + b))


def lstm_step(x: Array, prev_h: Array, prev_c: Array, Wx: Array, Wh: Array, b: Array,
              order: Sequence[int] = (0, 1, 2, 3), forget: float = 0.0, mode: str = "test",
              **_: Any) -> tuple[Array, Array]:
    """Return the next h and c; `order` says where input, forget, output gate and candidate stand.

    >>> [state.shape for state in lstm_step(*map(np.ones, [(3, 4), (3, 5), (3, 5), (4, 20),
    ...                                                    (5, 20), 20]))]
    [(3, 5), (3, 5)]
    """
    demand(mode == "test")
    parts = _parts(x @ Wx + prev_h @ Wh + b, 4, prev_h)
    i, f, o, g = (parts[place] for place in order)
    c = expit(f + forget) * prev_c + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(c), c


def gru_step(x: Array, prev_h: Array, Wx: Array, Wh: Array, b: Array,
             order: Sequence[int] = (0, 1, 2), inside: bool = False, kept: bool = True,
             **_: Any) -> Array:
    """Return the next h of a gated recurrent unit.

    Parameters
    ----------
    order : sequence of int
        Where reset gate, update gate and candidate stand.
    inside : bool
        Whether r multiplies h, before its weight does.
    kept : bool
        Whether the update gate is the share of h that is kept.
    """
    size = prev_h.shape[1]
    of_x, of_h = _parts(x @ Wx + b, 3, prev_h), _parts(prev_h @ Wh, 3, prev_h)
    reset, update, new = order
    r, z = (expit(of_x[place] + of_h[place]) for place in (reset, update))
    columns = Wh[:, new * size:(new + 1) * size]
    n = np.tanh(of_x[new] + ((r * prev_h) @ columns if inside else r * of_h[new]))
    return np.asarray(_mixed(z if kept else 1 - z, prev_h, n))


def _two_gates(x: Array, prev_h: Array, Wx: Array, Wh: Array, bh: Array, Wxt: Array, Wht: Array,
               bht: Array, swapped: bool = False, inside: bool = True, kept: bool = True,
               **_: Any) -> Array:
    """Return the next h, where the candidate has weights of its own."""
    gates = _parts(expit(x @ Wx + prev_h @ Wh + bh), 2, prev_h)
    r, z = gates[::-1] if swapped else gates
    n = np.tanh(x @ Wxt + bht + ((r * prev_h) @ Wht if inside else r * (prev_h @ Wht)))
    return np.asarray(_mixed(z if kept else 1 - z, prev_h, n))


def _gru(**roles: Any) -> Array:
    """Return the next h, whichever weights are there."""
    return (_two_gates if "Wxt" in roles else gru_step)(**roles)


def _mixed(kept: Array, h: Array, n: Array) -> Array:
    return kept * h + (1 - kept) * n


def _parts(a: Array, count: int, h: Array) -> list[Array]:
    demand(a.ndim == 2 and a.shape[1] == count * h.shape[1])
    return np.split(a, count, axis=1)


def sequence(step: Value) -> Value:
    """Return the states at all times, (N, T, H), of a step that returns h, or h and c.

    >>> sums = sequence(lambda x, prev_h, **_: prev_h + x)
    >>> sums(x=np.ones((1, 3, 1)), h0=np.zeros((1, 1))).ravel().tolist()
    [1.0, 2.0, 3.0]
    """
    def states(x: Array, h0: Array, **roles: Any) -> Array:
        demand(x.ndim == 3 and len(x) == len(h0))
        h, c, found = h0, np.zeros_like(h0), []
        for t in range(x.shape[1]):
            returned = step(x=x[:, t], prev_h=h, prev_c=c, **roles)
            h, c = returned if isinstance(returned, tuple) else (returned, c)
            found.append(h)
        return np.stack(found, axis=1)

    return states


def _backwards(value: Value) -> Value:
    return lambda x, **roles: value(x=x[:, ::-1], **roles)[:, ::-1]


def _zero_state(value: Value, name: str) -> Value:
    return lambda **roles: value(**{**roles, name: np.zeros_like(roles[name])})


def _grus() -> Iterator[tuple[str, Value]]:
    """Yield the forms of a gated recurrent unit that are in use."""
    for inside, kept in product((False, True), (True, False)):
        for order in permutations(range(3)):
            yield (f"gates in the order {order}, r {'before' if inside else 'after'} the weight, "
                   f"z h{'' if kept else ' of the new'}",
                   partial(gru_step, order=order, inside=inside, kept=kept))
        for swapped in (False, True):
            yield (f"two gates, {swapped}, {inside}, {kept}",
                   partial(_two_gates, swapped=swapped, inside=inside, kept=kept))


RNN_FORMS = {"by relu": partial(rnn_step, nonlinearity=lambda a: np.maximum(a, 0)),
             "by the sigmoid": partial(rnn_step, nonlinearity=expit)}
LSTM_FORMS: dict[str, Value] = {
    f"gates in the order {order}{', 1 added to the forget gate' if forget else ''}":
    partial(lstm_step, order=order, forget=forget)
    for forget in (0.0, 1.0) for order in permutations(range(4))}
GRU_FORMS = dict(_grus())


def _c_first(value: Value) -> Value:
    return lambda **roles: value(**roles)[::-1]


def _of_rnn(**changed: float) -> Value:
    def step(b: Array, Wh: Array, prev_h: Array, **roles: Any) -> Array:
        return rnn_step(b=b * changed.get("b", 1), Wh=Wh * changed.get("Wh", 1), prev_h=prev_h,
                        **roles)

    return step


def _lstm_slip(change: str, x: Array, prev_h: Array, prev_c: Array, Wx: Array, Wh: Array,
               b: Array, **_: Any) -> tuple[Array, Array]:
    """Return an LSTM's step in the course's order of gates with one slip in it."""
    a_i, a_f, a_o, a_g = _parts(x @ Wx + prev_h @ Wh + b, 4, prev_h)
    g = expit(a_g) if change == "g" else np.tanh(a_g)
    c = expit(a_f) * prev_c + expit(a_i) * g
    if change == "gates":
        c = expit(a_i) * prev_c + expit(a_f) * prev_c * g
    return expit(a_o) * (c if change == "h" else np.tanh(c)), c


STEP_SLIPS = (
    Slip("b is left out", "add b", _of_rnn(b=0.0)),
    Slip("the previous state is left out", "add prev_h @ Wh", _of_rnn(Wh=0.0)),
    Slip("tanh is missing", "return np.tanh(...)", partial(rnn_step, nonlinearity=np.positive)))
LSTM_SLIPS = (
    Slip("h is o * c", "h is o * tanh(c)", partial(_lstm_slip, "h")),
    Slip("the candidate goes through the sigmoid", "the candidate is np.tanh(a_g)",
         partial(_lstm_slip, "g")))


def _unrolled(told: str, step: Reference) -> Reference:
    """Return the reference of the sequence of a step."""
    value = sequence(step.value)
    forms = {name: sequence(form) for name, form in step.conventions.items()}
    return Reference(
        told, value, forms, None,
        (Slip("it starts from zeros, not from h0", "begin with h0", _zero_state(value, "h0")),
         Slip("the sequence is run from its end", "begin with x[:, 0]", _backwards(value)),
         *(Slip(slip.because, slip.remedy, sequence(slip.value)) for slip in step.slips)))


RNN_STEP = Reference("tanh(x Wx + h Wh + b)", rnn_step, RNN_FORMS, None, STEP_SLIPS)
LSTM_STEP = Reference(
    "h = o * tanh(c), c = f * c + i * g", lstm_step,
    {**LSTM_FORMS, **{f"c first, {name}": _c_first(form) for name, form in LSTM_FORMS.items()}},
    None, LSTM_SLIPS)
GRU_STEP = Reference("h = z * h + (1 - z) * n", _gru, GRU_FORMS)
LSTM_STATES = Reference("h", lstm_step, LSTM_FORMS, None, LSTM_SLIPS)
RECURRENT: dict[str, Reference] = {
    "rnn_step": RNN_STEP, "lstm_step": LSTM_STEP, "gru_step": GRU_STEP,
    "rnn": _unrolled("the states h = tanh(x Wx + h Wh + b) at all times", RNN_STEP),
    "lstm": _unrolled("the states h = o * tanh(c) at all times", LSTM_STATES),
    "gru": _unrolled("the states h = z * h + (1 - z) * n at all times", GRU_STEP),
}
