"""A small convolutional classifier: conv - relu - 2x2 max pool - affine - relu - affine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from layers import (
    affine_relu_backward,
    affine_relu_forward,
    conv_relu_pool_backward,
    conv_relu_pool_forward,
    softmax_loss,
    spatial_dropout_backward,
    spatial_dropout_forward,
)
from layers.arguments import Array, probability, refuse, scalar
from nets.architecture import (
    ACTIVATION_NOISE,
    AFFINE,
    Layer,
    Step,
    check_params,
    gradients_of,
    noise_of_layer,
    training_noise,
)
from nets.arguments import Rng, checked_rng, float_dtype, labels, whole
from nets.regularization import Regularized
from nets.saving import Saved

CONV = Layer(conv_relu_pool_forward, conv_relu_pool_backward)
HIDDEN = Layer(affine_relu_forward, affine_relu_backward)
SPATIAL_DROPOUT = Layer(spatial_dropout_forward, spatial_dropout_backward)
POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}


class ThreeLayerConvNet(Saved, Regularized):
    """conv - relu - 2x2 max pool - affine - relu - affine - softmax, in the course's signature.

    The filters see as many zeros around an image as keep its height and width.

    Parameters
    ----------
    input_dim : (C, H, W)
        Size of an image; H and W are even.
    num_filters, filter_size : int
        Filters of the convolution; an odd number of rows and columns.
    hidden_dim, num_classes : int
    weight_scale : float
        Standard deviation of the initial weights; biases start at 0.
    reg : float
        L2 strength: the loss gains ``0.5 * reg * sum(W**2)`` for each of W1, W2, W3. May be changed
        later.
    dtype : dtype, default float32
        X is cast to it; use float64 for gradient checks.
    dropout : float, keyword-only, default 0
        Probability of dropping a hidden unit, ``0 <= p < 1``.
    spatial_dropout : float, keyword-only, default 0
        Probability of dropping a whole feature map behind the pooling.
    seed : int, keyword-only, optional
        Fixes the masks, each layer's its own. For gradient checks; leave it away to train.
    rng : numpy.random.Generator or RandomState, keyword-only, optional
        Draws the initial weights and, where `seed` is None, the masks. Default: NumPy's global
        generator, W1, W2, W3 in this order.

    Attributes
    ----------
    params : dict of str to ndarray
        ``W1`` (F, C, S, S), ``b1`` (F,), ``W2`` (F*H/2*W/2, hidden_dim), ``b2``, ``W3``
        (hidden_dim, num_classes), ``b3``.
    reg, dtype, dropout, spatial_dropout, dropout_param

    Raises
    ------
    ValueError, TypeError
        For an argument of a wrong type or out of range; the message names it.

    References
    ----------
    The three-layer net of Stanford's cs231n, assignment 2. Tompson et al., "Efficient object
    localization using convolutional networks", CVPR 2015, for dropout of feature maps.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> net = ThreeLayerConvNet((1, 8, 8), num_filters=4, filter_size=3, hidden_dim=20, rng=rng)
    >>> X, y = rng.normal(size=(5, 1, 8, 8)), np.array([0, 9, 3, 3, 1])
    >>> net.loss(X).shape
    (5, 10)
    >>> loss, grads = net.loss(X, y)
    >>> round(float(loss), 2), grads['W1'].shape
    (2.3, (4, 1, 3, 3))
    """

    def __init__(
        self,
        input_dim: Sequence[int] = (3, 32, 32),
        num_filters: int = 32,
        filter_size: int = 7,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        dtype: DTypeLike = np.float32,
        *,
        dropout: float = 0.0,
        spatial_dropout: float = 0.0,
        seed: int | None = None,
        rng: Rng = None,
    ) -> None:
        self._input = _image(input_dim)
        self.dtype, self.rng, self.reg = float_dtype(dtype), checked_rng(rng), reg
        self.dropout = probability("dropout", dropout)
        self.spatial_dropout = probability("spatial_dropout", spatial_dropout)
        seed = None if seed is None else whole("seed", seed, low=0)
        self.dropout_param = training_noise(self.dropout, seed, rng)
        scale = scalar("weight_scale", weight_scale, "a finite number >= 0", "1e-3 is usual",
                       0.0, sys.float_info.max)
        self._shapes = _shapes(self._input, num_filters, filter_size, hidden_dim, num_classes)
        self._conv_param = {"stride": 1, "pad": (filter_size - 1) // 2}
        draw = (np.random if rng is None else rng).standard_normal
        self.params = {
            name: (scale * draw(shape) if name[0] == "W" else np.zeros(shape)).astype(self.dtype)
            for name, shape in self._shapes.items()}

    def loss(self, X: Array, y: Array | None = None) -> Any:
        """Compute the scores or, where labels are given, the loss and its gradients.

        Parameters
        ----------
        X : ndarray, shape (N, C, H, W)
            Cast to `dtype`, never mutated.
        y : ndarray of ints, shape (N,), optional
            Labels, ``0 <= y < num_classes``.

        Returns
        -------
        scores : ndarray, shape (N, num_classes)
            Where y is None; nothing is dropped.
        (loss, grads) : float and dict of ndarray
            Where y is given: the mean cross-entropy plus the regularization, in train mode; grads
            has the keys of `params`.

        Raises
        ------
        ValueError, TypeError
            If X or y have a wrong shape, type or range, or a parameter holds NaN (it is named).
        """
        self.dropout_param["mode"] = "test" if y is None else "train"
        scores, tape = self.forward(X)
        if y is None:
            return scores
        y = labels(y, scores.shape[1], len(scores))
        loss, dscores = softmax_loss(scores, y)
        grads = gradients_of(tape, dscores)
        return self.penalized(("W1", "W2", "W3"), loss, grads), grads

    def forward(self, X: Array) -> tuple[Array, list[Step]]:
        """Run all layers in the mode that `dropout_param` holds; return the scores and the tape."""
        check_params(self.params, self._shapes)
        tape: list[Step] = []

        def run(layer: Layer, x: Array, i: int = 0, *param: Any) -> Array:
            names = (f"W{i}", f"b{i}") if i else ()
            out, cache = layer.forward(x, *(self.params[name] for name in names), *param)
            tape.append(Step(layer.backward, cache, names))
            return out

        x = run(CONV, self._images(X), 1, self._conv_param, POOL)
        if self.spatial_dropout:
            x = run(SPATIAL_DROPOUT, x, 0, self._noise(1, self.spatial_dropout))
        x = run(HIDDEN, x, 2)
        if self.dropout:
            x = run(ACTIVATION_NOISE["dropout"], x, 0, self._noise(2, self.dropout))
        return run(AFFINE, x, 3), tape

    def _noise(self, i: int, p: float) -> dict[str, Any]:
        return noise_of_layer(self.dropout_param, i, p)

    def _images(self, X: object) -> Array:
        X = np.asarray(X)
        if X.dtype.kind not in "fiub":
            refuse("X", X, "an array of numbers", "pass floats", TypeError)
        if X.ndim != 4 or X.shape[1:] != self._input:
            refuse("X", X, f"shape (N, C, H, W) with (C, H, W) = {self._input}",
                   "images stored as (N, H, W, C) need X.transpose(0, 3, 1, 2); otherwise build "
                   "the net with another input_dim")
        return X.astype(self.dtype, copy=False)


def _image(input_dim: object) -> tuple[int, int, int]:
    """Return (C, H, W), if the pooling can halve H and W."""
    if not isinstance(input_dim, tuple | list) or len(input_dim) != 3:
        refuse("input_dim", input_dim, "(C, H, W)", "pass for example (3, 32, 32)",
               ValueError if isinstance(input_dim, tuple | list) else TypeError)
    channels, height, width = (whole(f"input_dim[{i}]", length, low=1 + (i > 0))
                               for i, length in enumerate(input_dim))
    for name, length in (("H", height), ("W", width)):
        if length % 2:
            refuse("input_dim", f"{name} = {length}, and ({length} - 2) / 2 + 1 = {length / 2:g} "
                   "is not whole", "an even height and width, for the 2 x 2 pooling",
                   "crop or pad the images")
    return channels, height, width


def _shapes(
    image: tuple[int, int, int], num_filters: int, filter_size: int, hidden_dim: int,
    num_classes: int,
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all parameters."""
    channels, height, width = image
    filters, size = whole("num_filters", num_filters, low=1), whole("filter_size", filter_size, 1)
    if size % 2 == 0:
        refuse("filter_size", size, "an odd number: with (filter_size - 1) / 2 zeros on every side "
               "an image keeps its size", f"pass {size - 1} or {size + 1}")
    hidden, classes = whole("hidden_dim", hidden_dim, 1), whole("num_classes", num_classes, 1)
    return {"W1": (filters, channels, size, size), "b1": (filters,),
            "W2": (filters * (height // 2) * (width // 2), hidden), "b2": (hidden,),
            "W3": (hidden, classes), "b3": (classes,)}
