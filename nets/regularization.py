"""L2 regularization of a net's weights."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import numpy as np

from layers.arguments import Array, scalar


class Regularized:
    """A net that adds ``0.5 * reg * sum(W**2)`` of its weights to its loss.

    Attributes
    ----------
    params : dict of str to ndarray
    reg : float
        L2 strength; may be assigned at any time.

    Examples
    --------
    >>> net, grads = Regularized(), {"W1": np.array([1.0])}
    >>> net.params, net.reg = {"W1": np.array([2.0])}, 0.5
    >>> net.penalized(["W1"], 3.0, grads), grads
    (4.0, {'W1': array([2.])})
    """

    params: dict[str, Array]

    @property
    def reg(self) -> float:
        """L2 strength."""
        return self._reg

    @reg.setter
    def reg(self, reg: float) -> None:
        self._reg = scalar("reg", reg, "a finite number >= 0", "0 switches regularization off",
                           0.0, sys.float_info.max)

    def penalized(self, names: Iterable[str], loss: float, grads: dict[str, Array]) -> float:
        """Return the loss with the penalty of some weights, and add theirs to the gradients."""
        if not self.reg:
            return loss
        penalty = 0.0
        for name in names:
            w = self.params[name]
            penalty += 0.5 * self.reg * float(np.vdot(w, w))
            grads[name] += self.reg * w
        return loss + penalty
