"""Layers as objects that remember their last forward pass; the maths is in `layers.dropout`."""

from __future__ import annotations

from typing import Any

from layers.arguments import Array, flag, probability, refuse
from layers.blocked import Mask
from layers.dropout import dropout_backward, dropout_forward
from layers.masks import generator


class DropoutLayer:
    """Inverted dropout with a fresh mask at every training step.

    ::

        forward:  out = mask * x / (1 - p)         training
                  out = x                          otherwise
        backward: dx  = mask * grad / (1 - p), or grad, as the last forward pass was

    Parameters
    ----------
    p : float
        Probability of dropping a unit, 0 <= p < 1.

    Attributes
    ----------
    p : float
        As passed.
    mask : ndarray of bool or None
        The mask of the last forward pass, True = kept; None before the first one, and after one
        that was not training.

    References
    ----------
    .. [1] Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: A Simple Way to
       Prevent Neural Networks from Overfitting", JMLR 15 (2014), section 4.

    Examples
    --------
    >>> import numpy as np
    >>> np.random.seed(2)
    >>> layer = DropoutLayer(0.5)
    >>> layer.forward(np.array([1.0, 2.0, 3.0, 4.0]))
    array([2., 0., 6., 0.])
    >>> layer.backward(np.array([0.1, 0.2, 0.3, 0.4]))
    array([0.2, 0. , 0.6, 0. ])
    >>> layer.forward(np.array([1.0, 2.0, 3.0, 4.0]), training=False)
    array([1., 2., 3., 4.])
    """

    _randomness: dict[str, Any]

    def __init__(self, p: float) -> None:
        self.p = probability("p", p)
        self._randomness = {}
        self._cache: tuple[dict[str, Any], Any] | None = None

    @property
    def mask(self) -> Mask | None:
        """The mask of the last forward pass; None before any, and after one in test mode."""
        return None if self._cache is None else self._cache[1]

    def forward(self, x: Array, training: bool = True) -> Array:
        """Return x under a fresh mask, or x itself where it is not training.

        Parameters
        ----------
        x : ndarray of float, any shape
            Input, never mutated.
        training : bool, default True
            Whether to drop units.

        Returns
        -------
        ndarray
            Shape and dtype of x.

        Raises
        ------
        TypeError
            If training is not a bool: a mode such as 'test' would count as True.
        """
        return self._forward(x, flag("training", training))

    def _forward(self, x: Array, training: bool) -> Array:
        param = {"p": self.p, "mode": "train" if training else "test", **self._randomness}
        out, self._cache = dropout_forward(x, param)
        return out

    def backward(self, grad: Array) -> Array:
        """Return the gradient with respect to the x of the last forward pass.

        Raises
        ------
        ValueError
            If there was no forward pass, or grad has not the shape of its x.
        """
        if self._cache is None:
            refuse("backward", "a call before any forward", "a forward pass first",
                   "call forward(x), then backward with the gradient of its output")
        return dropout_backward(grad, self._cache)


class Dropout(DropoutLayer):
    """Inverted dropout with a random generator of its own.

    Two objects made with one seed draw the same sequence of masks; the masks within a sequence
    differ. Give every layer of a net another seed.

    Parameters
    ----------
    p : float
        Probability of dropping a unit, 0 <= p < 1.
    seed : int or None, default 0
        Seed of the generator; None for one from the operating system.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Dropout(0.5, seed=0)
    >>> out = layer.forward(np.ones((2, 4)), train=True)
    >>> bool(np.all(layer.backward(np.ones((2, 4))) == out))
    True
    >>> layer.forward(np.ones(3), train=False)
    array([1., 1., 1.])
    """

    def __init__(self, p: float, seed: int | None = 0) -> None:
        super().__init__(p)
        self._randomness = {"rng": generator(seed)}

    def forward(self, x: Array, train: bool) -> Array:  # type: ignore[override]
        """Return x under a fresh mask, or x itself where `train` is False; TypeError if no bool."""
        return self._forward(x, flag("train", train))
