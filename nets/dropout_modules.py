"""The dropout family as modules, over the pairs of `layers`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from layers import (
    alpha_dropout_backward,
    alpha_dropout_forward,
    dropout1d_backward,
    dropout1d_forward,
    dropout2d_backward,
    dropout2d_forward,
    dropout3d_backward,
    dropout3d_forward,
    dropout_backward,
    dropout_forward,
)
from layers.arguments import Array, probability, refuse
from layers.masks import generator
from nets.arguments import Rng, checked_rng
from nets.module import Module, as_tensor
from nets.tensor import Tensor

Pair = tuple[Callable[..., Any], Callable[..., Any]]


class Dropout(Module):
    """Drop each unit with probability p while training, by `layers.dropout_forward`.

    Parameters
    ----------
    p : float, 0 <= p < 1
        Probability of dropping. 1 is refused: nothing would be left, and 1 / (1 - p) is infinite.
    seed : int, optional
        Seed of a generator of its own: fresh masks every time, the same sequence in every run.
    rng : np.random.Generator or RandomState, optional
        A generator instead; with neither, NumPy's global one governs the masks.

    Attributes
    ----------
    mask : Tensor or None
        The mask of the last training forward, 1 where kept and 0 where dropped, of the input's
        shape and dtype; None before the first.

    References
    ----------
    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    JMLR 15 (2014), section 4.

    Examples
    --------
    >>> x = Tensor([[1.0, 2.0, 3.0, 4.0]], requires_grad=True)
    >>> dropout = Dropout(p=0.5, seed=3)
    >>> output = dropout(x)
    >>> output.backward()
    >>> bool((x.grad == 2 * dropout.mask.data).all())
    True
    >>> dropout.eval()(x) is x
    True
    """

    _pair: Pair = (dropout_forward, dropout_backward)

    def __init__(self, p: float = 0.5, *, seed: int | None = None, rng: Rng = None) -> None:
        super().__init__()
        if seed is not None and rng is not None:
            refuse("rng", "an rng together with a seed", "one of the two", "leave one out")
        self.p = probability("p", p)
        self._rng = checked_rng(rng) if seed is None else generator(seed)
        self._kept: tuple[Array, np.dtype[Any]] | None = None

    @property
    def mask(self) -> Tensor | None:
        """The mask of the last training forward, 1 = kept; None before the first."""
        return None if self._kept is None else Tensor(self._kept[0], dtype=self._kept[1])

    def forward(self, x: Tensor) -> Tensor:
        """Return x under a fresh mask while training, x itself otherwise."""
        x = as_tensor("x", x)
        if not self.training:
            return x
        forward, backward = self._pair

        def keep_mask_forward(array: Array, param: dict[str, Any]) -> tuple[Array, Any]:
            """Run the layer's forward and remember the mask that it drew."""
            out, cache = forward(array, param)
            self._kept = cache[1], array.dtype
            return out, cache

        return Tensor.apply(keep_mask_forward, backward, x,
                            {"p": self.p, "mode": "train", "rng": self._rng})

    def extra_repr(self) -> str:
        """Return p."""
        return f"p={self.p}"


class Dropout1d(Dropout):
    """Drop whole channels of (N, C, L), by `layers.dropout1d_forward`.

    Examples
    --------
    >>> print(len(np.unique(Dropout1d(0.5)(Tensor(np.ones((1, 1, 9)))).data)))
    1
    """

    _pair = (dropout1d_forward, dropout1d_backward)


class Dropout2d(Dropout):
    """Drop whole channels of (N, C, H, W), by `layers.dropout2d_forward`.

    Examples
    --------
    >>> print(len(np.unique(Dropout2d(0.5)(Tensor(np.ones((1, 1, 3, 3)))).data)))
    1
    """

    _pair = (dropout2d_forward, dropout2d_backward)


class Dropout3d(Dropout):
    """Drop whole channels of (N, C, D, H, W), by `layers.dropout3d_forward`.

    Examples
    --------
    >>> print(len(np.unique(Dropout3d(0.5)(Tensor(np.ones((1, 1, 2, 2, 2)))).data)))
    1
    """

    _pair = (dropout3d_forward, dropout3d_backward)


class AlphaDropout(Dropout):
    """Set units to SELU's saturation value, keeping mean 0 and variance 1: `layers`' alpha dropout.

    Examples
    --------
    >>> out = AlphaDropout(0.2, seed=0)(Tensor(np.zeros(10_000)))
    >>> len(np.unique(out.data))
    2
    """

    _pair = (alpha_dropout_forward, alpha_dropout_backward)
