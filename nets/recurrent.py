"""Recurrent nets: their cells, and a classifier of sequences that reads them step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from layers import (
    affine_backward,
    affine_forward,
    dropout_backward,
    dropout_forward,
    lstm_backward,
    lstm_forward,
    rnn_backward,
    rnn_forward,
    softmax_loss,
)
from layers.arguments import Array, one_of, probability, refuse
from nets.architecture import check_params, training_noise, with_own_seed
from nets.arguments import Rng, checked_rng, float_dtype, labels, whole

Grads = dict[str, Array]
GRANULARITIES = ("sequence", "step")


class Cell(NamedTuple):
    """A recurrent layer: forward, backward, and how many gates its weights hold."""

    forward: Callable[..., tuple[Array, Any]]
    backward: Callable[..., Any]
    gates: int


CELLS = {"rnn": Cell(rnn_forward, rnn_backward, 1), "lstm": Cell(lstm_forward, lstm_backward, 4)}


def cell_of(cell_type: object) -> Cell:
    """Return the recurrent layer of a name.

    Examples
    --------
    >>> cell_of("lstm").gates
    4
    """
    return CELLS[one_of("cell_type", cell_type, tuple(CELLS))]


def draw_cell(input_dim: int, hidden_dim: int, gates: int, draw: Callable[..., Array]) -> Grads:
    """Draw Wx and Wh, each column of variance 1 / rows, and a b of zeros.

    Examples
    --------
    >>> {name: w.shape for name, w in draw_cell(3, 5, 4, np.random.standard_normal).items()}
    {'Wx': (3, 20), 'Wh': (5, 20), 'b': (20,)}
    """
    return {
        "Wx": draw((input_dim, gates * hidden_dim)) / np.sqrt(input_dim),
        "Wh": draw((hidden_dim, gates * hidden_dim)) / np.sqrt(hidden_dim),
        "b": np.zeros(gates * hidden_dim),
    }


class RecurrentClassifier:
    """Read a sequence step by step, and classify it by the last state: cell - affine - softmax.

    Parameters
    ----------
    input_dim : int
        D, the features of a step: 8 for digits that are read row by row.
    hidden_dim : int
    num_classes : int
    cell_type : {'lstm', 'rnn'}
    dropout : float, default 0
        Probability of dropping a unit of the state, on its way into the gates and into the scores.
    input_dropout : float, default 0
        Probability of dropping an input.
    dtype : dtype, default float32
        X is cast to it; use float64 for gradient checks.
    seed : int, optional
        Fixes the masks, for gradient checks.
    granularity : {'sequence', 'step'}, keyword-only
        Whether a sequence has one mask for all its steps, or every step its own.
    rng : numpy.random.Generator or RandomState, keyword-only, optional
        Draws the weights and, where `seed` is None, the masks. Default: NumPy's global generator.

    Attributes
    ----------
    params : dict of str to ndarray
        ``Wx`` (D, 4H), ``Wh`` (H, 4H), ``b`` (4H,), or H columns for 'rnn'; ``W_out`` (H, C) and
        ``b_out`` (C,).
    dropout_param : dict
        ``p``, ``mode``, ``granularity`` and, where given, ``seed`` or ``rng``; empty without
        dropout.

    Raises
    ------
    ValueError, TypeError
        For an argument of a wrong type or out of range; the message names it.

    References
    ----------
    Gal, Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
    Networks", NIPS 2016.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> net = RecurrentClassifier(8, 16, 10, dropout=0.5, rng=rng)
    >>> X, y = rng.normal(size=(4, 6, 8)), np.array([0, 9, 3, 3])
    >>> net.loss(X).shape
    (4, 10)
    >>> loss, grads = net.loss(X, y)
    >>> sorted(grads)
    ['W_out', 'Wh', 'Wx', 'b', 'b_out']
    """

    def __init__(
        self,
        input_dim: int = 8,
        hidden_dim: int = 128,
        num_classes: int = 10,
        cell_type: str = "lstm",
        dropout: float = 0.0,
        input_dropout: float = 0.0,
        dtype: DTypeLike = np.float32,
        seed: int | None = None,
        *,
        granularity: str = "sequence",
        rng: Rng = None,
    ) -> None:
        self.cell_type, self._cell = cell_type, cell_of(cell_type)
        self.input_dim, self.hidden_dim, self.num_classes = (
            whole(name, size, low=1) for name, size in (
                ("input_dim", input_dim), ("hidden_dim", hidden_dim),
                ("num_classes", num_classes)))
        self.dtype, self.rng = float_dtype(dtype), checked_rng(rng)
        p, self.input_dropout = probability("dropout", dropout), probability(
            "input_dropout", input_dropout)
        one_of("granularity", granularity, GRANULARITIES)
        seed = None if seed is None else whole("seed", seed, low=0)
        self.dropout_param = ({**training_noise(p, seed, rng), "granularity": granularity}
                              if p or self.input_dropout else {})
        draw = (np.random if rng is None else rng).standard_normal
        params = draw_cell(self.input_dim, self.hidden_dim, self._cell.gates, draw)
        params["W_out"] = draw((self.hidden_dim, self.num_classes)) / np.sqrt(self.hidden_dim)
        params["b_out"] = np.zeros(self.num_classes)
        self.params = {name: value.astype(self.dtype) for name, value in params.items()}
        self._shapes = {name: value.shape for name, value in self.params.items()}

    def loss(self, X: Array, y: Array | None = None) -> Any:
        """Compute the scores or, where labels are given, the loss and its gradients.

        Parameters
        ----------
        X : ndarray, shape (N, T, input_dim)
            Cast to `dtype`, never mutated.
        y : ndarray of ints, shape (N,), optional

        Returns
        -------
        scores : ndarray, shape (N, num_classes)
            Without y, in test mode.
        loss, grads : float and dict of ndarray
            With y, in train mode.

        Raises
        ------
        ValueError, TypeError
            If X or y have a wrong shape, type or range, or a parameter holds NaN (it is named).
        """
        X = self._checked(X)
        if self.dropout_param:
            self.dropout_param["mode"] = "test" if y is None else "train"
        scores, caches = self._forward(X)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, labels(y, self.num_classes, len(X)))
        return loss, self._backward(dscores, X.shape[1], caches)

    def _forward(self, X: Array) -> tuple[Array, tuple[Any, ...]]:
        p, h0 = self.params, np.zeros((len(X), self.hidden_dim), self.dtype)
        cell, out = self._noise()
        h, cell_cache = self._cell.forward(X, h0, p["Wx"], p["Wh"], p["b"], cell)
        last, drop_cache = h[:, -1], None
        if out is not None:
            last, drop_cache = dropout_forward(last, out)
        scores, affine_cache = affine_forward(last, p["W_out"], p["b_out"])
        return scores, (cell_cache, drop_cache, affine_cache)

    def _backward(self, dscores: Array, T: int, caches: tuple[Any, ...]) -> Grads:
        cell_cache, drop_cache, affine_cache = caches
        dlast, dW_out, db_out = affine_backward(dscores, affine_cache)
        if drop_cache is not None:
            dlast = dropout_backward(dlast, drop_cache)
        dh = np.zeros((len(dlast), T, self.hidden_dim), self.dtype)
        dh[:, -1] = dlast
        _, _, dWx, dWh, db = self._cell.backward(dh, cell_cache)
        return {"Wx": dWx, "Wh": dWh, "b": db, "W_out": dW_out, "b_out": db_out}

    def _noise(self) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
        """Return the dropout_params of the cell and of the last state."""
        if not self.dropout_param:
            return None, None
        inputs = {**with_own_seed(self.dropout_param, 1), "p": self.input_dropout,
                  "state_p": self.dropout_param["p"]}
        return inputs, with_own_seed(self.dropout_param, 2)

    def _checked(self, X: object) -> Array:
        X = np.asarray(X)
        check_params(self.params, self._shapes)
        if X.dtype.kind not in "fiub":
            refuse("X", X, "an array of numbers", "pass floats", TypeError)
        if X.ndim != 3 or X.shape[1] == 0 or X.shape[2] != self.input_dim:
            refuse("X", X, f"shape (N, T, {self.input_dim}) with T >= 1",
                   f"reshape each sample into steps of {self.input_dim} features")
        return X.astype(self.dtype, copy=False)
