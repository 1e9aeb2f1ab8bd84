"""Monte Carlo dropout: predictions with masks on, and how far they disagree."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from layers.arguments import Array, refuse
from nets.arguments import whole
from nets.data import SeedLike
from nets.dropout_modules import Dropout
from nets.fully_connected import FullyConnectedNet
from nets.module import Module
from nets.tensor import Tensor, no_grad

Scores = Callable[[Array], Array]


class Prediction(NamedTuple):
    """Class probabilities over the masks; entropies in nats.

    Attributes
    ----------
    mean : ndarray, shape (N, C)
        Predictive distribution: the mean of the samples' softmax.
    std : ndarray, shape (N, C)
        Standard deviation over the samples.
    predictive_entropy : ndarray, shape (N,)
        Entropy of `mean`: the total uncertainty, 0 to log C.
    mutual_information : ndarray, shape (N,)
        Between the class and the mask: `predictive_entropy` less the mean entropy of the samples.
        It is large where the masks disagree and 0 where all of them say the same, be it unsure.
    """

    mean: Array
    std: Array
    predictive_entropy: Array
    mutual_information: Array

    @property
    def labels(self) -> Array:
        """Most probable class of each input, shape (N,)."""
        return self.mean.argmax(axis=1)

    def to_dict(self) -> dict[str, list]:
        """Return plain lists, for JSON."""
        return {name: value.tolist() for name, value in self._asdict().items()}

    def __str__(self) -> str:
        entropy, information = self.predictive_entropy, self.mutual_information
        if not len(entropy):
            return "Prediction of 0 inputs"
        return (
            f"Prediction of {len(self.mean)} inputs: predictive entropy {entropy.mean():.3f} "
            f"(largest {entropy.max():.3f}), mutual information {information.mean():.3f} "
            f"(largest {information.max():.3f}) nats"
        )


def mc_dropout(
    net: FullyConnectedNet | Module,
    X: Array,
    samples: int = 50,
    *,
    seed: SeedLike = None,
    max_rows: int = 8192,
) -> Prediction:
    """Predict with dropout left on: each sample draws masks of its own, for each input its own.

    ::

        p_s = softmax(scores with masks s),  s = 1 ... samples
        mean = 1/S sum_s p_s
        predictive entropy = H(mean)
        mutual information = H(mean) - 1/S sum_s H(p_s)

    Batchnorm uses its running statistics. The samples are stacked along the batch, `max_rows` at a
    time; with DropConnect, whose mask serves a whole minibatch, each sample is a minibatch. The
    net is left exactly as it was: its modes, running statistics, seed and generator.

    Parameters
    ----------
    net : FullyConnectedNet or nn.Module
        A module is called with a Tensor and returns scores (N, C); its modules of class Dropout
        (and Dropout1d, AlphaDropout ...) are on. Without dropout every sample is the same: std
        and mutual information are 0.
    X : ndarray, shape (N, d1, ..., dk)
    samples : int
        Masks for each input.
    seed : int, SeedSequence, Generator or None, keyword-only
        As for `numpy.random.default_rng`. None: NumPy's global generator keys the masks. A seed
        that the net was built with is not used: it would make all samples equal.
    max_rows : int, keyword-only
        Bounds the memory; a part of what a seed stands for.

    Returns
    -------
    Prediction

    Raises
    ------
    ValueError, TypeError
        If samples or max_rows is not a whole number >= 1, net is of another class, or X does not
        fit it.

    References
    ----------
    Gal and Ghahramani, "Dropout as a Bayesian approximation", ICML (2016), equation 6; the
    mutual information: Gal, Islam, Ghahramani, "Deep Bayesian active learning with image data",
    ICML (2017), section 4.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> net = FullyConnectedNet([50], input_dim=4, num_classes=3, dropout=0.5, weight_scale=1.0,
    ...                         rng=rng)
    >>> prediction = mc_dropout(net, rng.normal(size=(5, 4)), seed=0)
    >>> prediction.mean.shape, prediction.mutual_information.shape
    ((5, 3), (5,))
    >>> bool((prediction.std > 0).all())
    True
    """
    from scipy.special import softmax  # slow to load

    samples = whole("samples", samples, low=1)
    max_rows = whole("max_rows", max_rows, low=1)
    X = np.asarray(X)
    if X.dtype.kind not in "fiub" or X.ndim == 0:
        refuse("X", X, "an array of numbers of shape (N, d1, ..., dk)",
               "pass samples along the first axis", TypeError)
    scores = _stochastic_scores(net, seed)
    one_mask_a_batch = isinstance(net, FullyConnectedNet) and net.noise == "dropconnect"
    step = max(1, max_rows // samples)
    parts = []
    for start in range(0, max(len(X), 1), step):
        part = X[start : start + step]
        if one_mask_a_batch:
            drawn = np.stack([scores(part) for _ in range(samples)])
        else:
            stacked = scores(np.concatenate([part] * samples))
            drawn = stacked.reshape(samples, len(part), stacked.shape[1])
        parts.append(_statistics(softmax(drawn.astype(np.float64), axis=2)))
    return Prediction(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _stochastic_scores(net: FullyConnectedNet | Module, seed: SeedLike) -> Scores:
    """Return a function of X that draws new masks at each call; the net itself is not touched."""
    rng = None if seed is None else _generator(seed)
    if isinstance(net, FullyConnectedNet):
        return _net_with_masks_on(net, rng).scores
    if not isinstance(net, Module):
        refuse("net", net, "a FullyConnectedNet or an nn.Module", "pass the net itself", TypeError)
    module = _module_with_masks_on(net, rng)

    def scores(X: Array) -> Array:
        with no_grad():
            out = module(Tensor(X)).data
        if out.ndim != 2:
            refuse("net", f"scores of shape {out.shape}", "scores of shape (N, C)",
                   "let the module end in one score for each class")
        return out

    return scores


def _generator(seed: SeedLike) -> np.random.Generator:
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        refuse("seed", seed, "a whole number >= 0, a SeedSequence, a Generator or None",
               "pass for example seed=0", type(error))


def _net_with_masks_on(
    net: FullyConnectedNet, rng: np.random.Generator | None
) -> FullyConnectedNet:
    """Return a twin that shares the parameters and has dropout on and batchnorm in test mode."""
    twin = copy.copy(net)
    twin.bn_params = [{**param, "mode": "test"} for param in net.bn_params]
    if net.dropout_param:
        kept = {key: v for key, v in net.dropout_param.items() if key not in ("seed", "rng")}
        twin.dropout_param = {**kept, "mode": "train"}
        if rng is not None:
            twin.dropout_param["rng"] = rng
    return twin


def _module_with_masks_on(module: Module, rng: np.random.Generator | None) -> Module:
    """Return a copy in test mode, but for its dropout."""
    twin = copy.deepcopy(module).eval()
    for part in twin.modules():
        if isinstance(part, Dropout):
            part.training = True
            part._rng = rng
    return twin


def _statistics(p: Array) -> tuple[Array, Array, Array, Array]:
    from scipy.special import entr

    mean = p.mean(axis=0)
    entropy = entr(mean).sum(axis=1)
    of_samples = entr(p).sum(axis=2).mean(axis=0)
    # rounding can make the difference of two equal entropies negative
    return mean, p.std(axis=0), entropy, np.maximum(entropy - of_samples, 0.0)
