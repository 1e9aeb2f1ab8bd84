"""Fully-connected classifiers with softmax loss: affine - [norm] - relu - [dropout], repeated."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from layers import softmax_loss
from layers.arguments import Array, one_of, probability, refuse, scalar
from layers.settings import p_of
from nets.architecture import (
    ACTIVATION_NOISE,
    AFFINE,
    DROPCONNECT,
    NOISES,
    NORMALIZATIONS,
    RELU,
    Layer,
    Step,
    check_params,
    draw_params,
    gradients_of,
    layer_widths,
    noise_of_layer,
    normalization_kind,
    run_layer,
    training_noise,
)
from nets.arguments import Rng, checked_rng, float_dtype, labels, whole
from nets.conventions import NO_DROPOUT, drop_probability
from nets.regularization import Regularized
from nets.saving import Saved

Grads = dict[str, Array]


class FullyConnectedNet(Saved, Regularized):
    """A multilayer perceptron: {affine - [norm] - relu - [dropout]} x (L - 1) - affine - softmax.

    Parameters
    ----------
    hidden_dims : sequence of int
        Units in each hidden layer; at least one.
    input_dim : int
        Product of a sample's dimensions.
    num_classes : int
    dropout : float, default 0
        Probability of **dropping** a hidden unit, ``0 <= p < 1``; 0 builds no dropout layer.
    use_batchnorm : bool
        The same as ``normalization='batchnorm'``.
    reg : float, default 0
        L2 strength: the loss gains ``0.5 * reg * sum(W**2)`` for every weight matrix, the last
        included, and nothing for b, gamma and beta. May be changed later.
    weight_scale : float
        Standard deviation of the initial weights; biases start at 0, gamma at 1, beta at 0.
    dtype : dtype, default float32
        X is cast to it; use float64 for gradient checks.
    seed : int, optional
        Fixes the masks, so that the loss is a deterministic function of X, y and the parameters.
        Every layer still has a mask of its own. For gradient checks; leave it away to train.
    normalization : {None, 'batchnorm', 'layernorm'}, keyword-only
    dropout_keep_ratio : float, keyword-only, optional
        The probability of **keeping**, as newer cs231n notebooks pass it; instead of `dropout`.
    rng : numpy.random.Generator or RandomState, keyword-only, optional
        Draws the initial weights and, where `seed` is None, the masks. Default: NumPy's global
        generator, ``weight_scale * np.random.randn`` for W1, W2, ... in this order.
    input_dropout : float, keyword-only, default 0
        Probability of dropping an input feature.
    noise : {'dropout', 'gaussian', 'dropconnect'}, keyword-only
        What `dropout` and `input_dropout` are probabilities of: dropping a unit; multiplicative
        Gaussian noise of the same variance ``p / (1 - p)``; dropping a weight, where
        `input_dropout` goes to W1 and `dropout` to the other weights.
    dropout_convention : {'drop', 'keep'}, keyword-only
        'keep': `dropout`, and it alone, is the probability of **keeping**, ``0 < dropout <= 1``,
        and 1 builds no dropout layer, as in the notebooks of 2018 to 2020.

    Attributes
    ----------
    params : dict of str to ndarray
        ``W1`` (D, H1), ``b1`` (H1,), ``gamma1``, ``beta1`` (H1,) where normalized, ... ``WL``,
        ``bL``.
    reg : float
    dropout_param : dict
        ``p``, ``mode`` and, where given, ``seed`` or ``rng``; empty without dropout. A dict of
        your own may hold ``keep_prob`` in the place of ``p``.
    bn_params : list of dict
        One a normalization layer; batchnorm keeps ``running_mean`` and ``running_var`` in them.
    num_layers, use_dropout, use_batchnorm, normalization, dtype, rng

    Raises
    ------
    ValueError, TypeError
        For an argument of a wrong type or out of range; the message names it.

    References
    ----------
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15
    (2014), for dropout on hidden units (0.5) and on the input (0.2).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> net = FullyConnectedNet([20, 30], input_dim=15, dropout=0.5, rng=rng)
    >>> X, y = rng.normal(size=(4, 15)), np.array([0, 9, 3, 3])
    >>> net.loss(X).shape
    (4, 10)
    >>> loss, grads = net.loss(X, y)
    >>> round(float(loss), 2), grads['W2'].shape, grads['W2'].dtype
    (2.3, (20, 30), dtype('float32'))
    """

    def __init__(
        self,
        hidden_dims: Iterable[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout: float = NO_DROPOUT,
        use_batchnorm: bool = False,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: DTypeLike = np.float32,
        seed: int | None = None,
        *,
        normalization: str | None = None,
        dropout_keep_ratio: float | None = None,
        rng: Rng = None,
        input_dropout: float = 0.0,
        noise: str = "dropout",
        dropout_convention: str = "drop",
    ) -> None:
        self._dims = layer_widths(hidden_dims, input_dim, num_classes)
        self.num_layers = len(self._dims) - 1
        self.dtype = float_dtype(dtype)
        self.reg = reg
        self.normalization = normalization_kind(normalization, use_batchnorm)
        self.use_batchnorm = self.normalization == "batchnorm"
        self.noise = one_of("noise", noise, NOISES)
        self.rng = checked_rng(rng)
        p = drop_probability(dropout, dropout_keep_ratio, dropout_convention)
        self.input_dropout = probability("input_dropout", input_dropout)
        self.use_dropout = p > 0 or self.input_dropout > 0
        seed = None if seed is None else whole("seed", seed, low=0)
        self.dropout_param = training_noise(p, seed, rng) if self.use_dropout else {}
        normalized = self.num_layers - 1 if self.normalization else 0
        self.bn_params: list[dict[str, Any]] = [{"mode": "train"} for _ in range(normalized)]
        scale = scalar("weight_scale", weight_scale, "a finite number >= 0", "1e-2 is usual",
                       0.0, sys.float_info.max)
        params = draw_params(self._dims, self.normalization is not None, scale, self.rng)
        self.params = {name: value.astype(self.dtype) for name, value in params.items()}
        self._shapes = {name: value.shape for name, value in self.params.items()}

    def loss(self, X: Array, y: Array | None = None) -> Any:
        """Compute the scores or, where labels are given, the loss and its gradients.

        Parameters
        ----------
        X : ndarray, shape (N, d1, ..., dk)
            With ``d1 * ... * dk == input_dim``; cast to `dtype`, never mutated.
        y : ndarray of ints, shape (N,), optional
            Labels, ``0 <= y < num_classes``.

        Returns
        -------
        scores : ndarray, shape (N, num_classes)
            Where y is None: dropout is the identity and batchnorm uses its running statistics.
        (loss, grads) : float and dict of ndarray
            Where y is given: in train mode. The loss is the mean cross-entropy plus
            ``0.5 * reg * sum(W**2)`` over all weights; grads has the keys of `params`.

        Raises
        ------
        ValueError, TypeError
            If X or y have a wrong shape, type or range, or a parameter holds NaN (it is named).
        """
        mode = "test" if y is None else "train"
        if self.dropout_param:
            self.dropout_param["mode"] = mode
        for bn_param in self.bn_params:
            bn_param["mode"] = mode
        if y is None:
            return self.scores(X)
        X = self._check_input(X)
        y = labels(y, self._dims[-1], len(X))
        scores, tape = self.forward(X)
        data_loss, dscores = softmax_loss(scores, y)
        grads = self.backward(dscores, tape)
        weights = (f"W{i}" for i in range(1, self.num_layers + 1))
        return self.penalized(weights, data_loss, grads), grads

    def scores(self, X: Array) -> Array:
        """Compute the scores (N, num_classes) in the modes that the layers' dicts hold."""
        return self.forward(self._check_input(X))[0]

    def forward(self, X: Array) -> tuple[Array, list[Step]]:
        """Run all layers in the modes that `dropout_param` and `bn_params` hold.

        Returns
        -------
        scores : ndarray, shape (N, num_classes)
        tape : list of Step
            For `backward`.
        """
        check_params(self.params, self._shapes)
        tape: list[Step] = []

        def run(layer: Layer, x: Array, *names: str, param: dict[str, Any] | None = None) -> Array:
            out, step = run_layer(layer, x, {name: self.params[name] for name in names}, param)
            tape.append(step)
            return out

        x = X.astype(self.dtype, copy=False)
        for i in range(1, self.num_layers + 1):
            noise = self._noise_param(i)
            if noise and self.noise == "dropconnect":
                x = run(DROPCONNECT, x, f"W{i}", f"b{i}", param=noise)
            else:
                if noise:
                    x = run(ACTIVATION_NOISE[self.noise], x, param=noise)
                x = run(AFFINE, x, f"W{i}", f"b{i}")
            if i == self.num_layers:
                break
            if self.normalization:
                x = run(NORMALIZATIONS[self.normalization], x, f"gamma{i}", f"beta{i}",
                        param=self.bn_params[i - 1])
            x = run(RELU, x)
        return x, tape

    def backward(self, dscores: Array, tape: list[Step]) -> Grads:
        """Run the tape of `forward` back; return the gradients of the parameters."""
        return gradients_of(tape, dscores)

    def _noise_param(self, i: int) -> dict[str, Any] | None:
        """Return the dropout_param of the noise before affine layer i; None where p is 0."""
        if not self.dropout_param:
            return None
        p = self.input_dropout if i == 1 else p_of(self.dropout_param)
        return noise_of_layer(self.dropout_param, i, p) if p > 0 else None

    def _check_input(self, X: object) -> Array:
        X = np.asarray(X)
        if X.dtype.kind not in "fiub":
            refuse("X", X, "an array of numbers", "pass floats", TypeError)
        if X.ndim < 2 or math.prod(X.shape[1:]) != self._dims[0]:
            refuse("X", X, f"shape (N, d1, ..., dk) with d1 * ... * dk = {self._dims[0]}",
                   "pass samples along the first axis, or build the net with another input_dim")
        return X


class TwoLayerNet(FullyConnectedNet):
    """One hidden layer: affine - relu - affine - softmax, in float64.

    Parameters
    ----------
    input_dim, hidden_dim, num_classes : int
    weight_scale : float
        Standard deviation of the initial weights.
    reg : float
        L2 strength, as in `FullyConnectedNet`.
    rng : numpy.random.Generator or RandomState, keyword-only, optional
        Draws the initial weights. Default: NumPy's global generator.

    Examples
    --------
    >>> net = TwoLayerNet(input_dim=4, hidden_dim=5, num_classes=3)
    >>> sorted(net.params)
    ['W1', 'W2', 'b1', 'b2']
    """

    def __init__(
        self,
        input_dim: int = 3 * 32 * 32,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        *,
        rng: Rng = None,
    ) -> None:
        super().__init__([whole("hidden_dim", hidden_dim, low=1)], input_dim, num_classes, reg=reg,
                         weight_scale=weight_scale, dtype=np.float64, rng=rng)
