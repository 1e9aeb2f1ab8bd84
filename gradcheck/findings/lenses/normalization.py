"""What a forward that normalizes computes: recognised by its numbers, not by its name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.view import View

Array = NDArray[Any]


@dataclass(frozen=True)
class Affine:
    """The layer ``z = x @ w + b`` before a normalization, and the names of its arguments."""

    x: Array
    w: Array
    b: Array
    names: tuple[str, str, str]

    @property
    def z(self) -> Array:
        """Its output."""
        return np.asarray(self.x.reshape(len(self.x), -1) @ self.w + self.b)

    def pulled(self, view: View, dz: Array) -> Array:
        """Return the gradient of one of its arguments."""
        if view.name == self.names[0]:
            return np.asarray(dz @ self.w.T).reshape(self.x.shape)
        if view.name == self.names[1]:
            return np.asarray(self.x.reshape(len(self.x), -1).T @ dz)
        return np.asarray(dz.sum(axis=0))


@dataclass(frozen=True)
class Model:
    """A normalization over `axes`: ``out = gain * (x - mean) / sqrt(var + eps) + shift``.

    Arrays stand in the shape in which the statistics are means over whole axes (a group
    normalization's channels are split into groups). `centres` tells whether a mean is subtracted,
    `divides` whether there is a variance at all: an RMS or L2 normalization does not centre, a
    centring layer does not divide.
    """

    x: Array
    axes: tuple[int, ...]
    gain: Array
    istd: Array
    eps: float
    dout: Array
    gain_name: str | None
    centres: bool = True
    divides: bool = True
    before: Affine | None = None

    def mean(self, values: Array, axes: tuple[int, ...] | None = None) -> Array:
        """Return the mean over the normalized axes, kept for broadcasting."""
        return np.asarray(np.mean(values, axis=self.axes if axes is None else axes, keepdims=True))

    @property
    def centred(self) -> Array:
        """The argument without its mean, where the layer centres."""
        return self.x - self.mean(self.x) if self.centres else self.x

    @property
    def variance(self) -> Array:
        """The biased variance, or the mean square of a layer that does not centre."""
        return self.mean(self.centred**2)

    @property
    def xhat(self) -> Array:
        """The normalized argument."""
        return self.centred * self.istd

    @property
    def dxhat(self) -> Array:
        """The gradient of the normalized argument: dout * gamma."""
        return self.dout * self.gain

    def dx(self, direct: float = 1.0, mean: float = 1.0, variance: float = 1.0, *,
           istd: Array | None = None, gain: bool = True) -> Array:
        """Return the gradient of x with its three terms weighted; (1, 1, 1) is the true one."""
        istd = self.istd if istd is None else istd
        upstream = self.dxhat if gain else self.dout
        xhat = self.centred * istd
        mean, variance = mean * self.centres, variance * self.divides
        return np.asarray(istd * (direct * upstream - mean * self.mean(upstream)
                                  - variance * xhat * self.mean(upstream * xhat)))

    def reaches(self, view: View) -> bool:
        """Whether the argument is normalized, or enters through the affine layer before."""
        if self.before is not None:
            return view.name in self.before.names
        return view.a.size == self.x.size and np.array_equal(view.x.ravel(), self.x.ravel())

    def pulled(self, view: View, dz: Array) -> Array:
        """Return the argument's gradient for a gradient of what is normalized."""
        return dz.reshape(view.a.shape) if self.before is None else self.before.pulled(view, dz)

    def fits(self, view: View, dz: Array) -> bool:
        """Whether the analytic gradient is the one that follows from this one of the normalized."""
        return dz.size == self.x.size and view.agrees(self.pulled(view, dz))


def model_of(view: View) -> Model | None:
    """Recognise a normalization of the layer's first argument, also inside a block."""
    if "model" not in view.shared:
        view.shared["model"] = _recognise(view) or _recognise_block(view)
    found: Model | None = view.shared["model"]
    return found


def _recognise(view: View) -> Model | None:
    case, arrays = view.case, _arrays(view)
    if case.kind != "layer" or not arrays or arrays[0][1].shape != case.out.shape or (
            not case.out.ndim or case.out.size < 2):
        return None
    x, vectors = arrays[0][1], arrays[1:]
    for shape in _splits(x.shape):
        split = [value.reshape(shape) for value in (x, case.out, case.dout)]
        forms = [(name, form if form.ndim == 0 else np.broadcast_to(form, x.shape).reshape(shape))
                 for name, value in vectors for form in _broadcasts(value, x.shape)]
        for axes, centres in itertools.product(_choices(len(shape)), (True, False)):
            model = _model(split, axes, centres, forms)
            if model is not None and not _only_scales(model, view, arrays[0][0]):
                return model
    return None


def _arrays(view: View) -> list[tuple[str, Array]]:
    """Return the layer's floating arguments by name."""
    return [(name, arg) for name, arg in zip(view.case.layer.names, view.case.args, strict=True)
            if isinstance(arg, np.ndarray) and arg.dtype.kind == "f"]


def _choices(count: int) -> Iterator[tuple[int, ...]]:
    """Yield every choice of axes, the smallest first."""
    for size in range(1, count + 1):
        yield from itertools.combinations(range(count), size)


def _only_scales(model: Model, view: View, name: str) -> bool:
    """Whether a single statistic is none at all: the output grows in proportion to the argument."""
    if model.istd.size > 1 or not model.divides:
        return False
    evaluator, position = view.case.problem.evaluator, view.case.layer.names.index(name)
    one, two, three = (evaluator.out(position, times * view.case.args[position])
                       for times in (1, 2, 3))
    return np.allclose(three - two, two - one)


def _splits(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the shape as it is, and with its channels split into every number of groups."""
    if len(shape) < 2:
        return [shape]
    channels = shape[1]
    groups = [size for size in range(2, channels) if channels % size == 0]
    return [shape, *((shape[0], size, channels // size, *shape[2:]) for size in groups)]


def _model(split: list[Array], axes: tuple[int, ...], centres: bool,
           vectors: list[tuple[str, Array]]) -> Model | None:
    """Return the model with the first gain and shift that explain the output exactly."""
    x, out, dout = split
    centred = x - np.mean(x, axis=axes, keepdims=True) if centres else x
    variance = np.mean(centred**2, axis=axes, keepdims=True)
    if not np.all(variance > 0) or x.size == variance.size:
        return None
    size = float(np.max(np.abs(out)))
    for name, gain in [*vectors, (None, np.ones(()))]:
        for shift in [np.zeros(()), *(form for other, form in vectors if other != name)]:
            scaled = gain * centred
            with np.errstate(all="ignore"):
                istd = np.sum((out - shift) * scaled, axis=axes, keepdims=True) / np.sum(
                    scaled * scaled, axis=axes, keepdims=True)
            if np.all(istd > 0) and np.all(np.abs(scaled * istd + shift - out) <= 1e-8 * size):
                return _scaled_model(x, axes, gain, istd, variance, dout, name, centres)
    return None


def _scaled_model(x: Array, axes: tuple[int, ...], gain: Array, istd: Array, variance: Array,
                  dout: Array, name: str | None, centres: bool) -> Model | None:
    """Split ``istd = k / sqrt(var + eps)`` into the constant k, which joins the gain, and eps."""
    gain = np.broadcast_to(gain, x.shape)
    spread = float(np.ptp(istd)) / float(np.max(istd))
    if spread < 1e-9 and istd.size > 1:
        return Model(x, axes, gain * istd, np.ones_like(istd), 0.0, dout, name, centres,
                     divides=False) if centres else None
    inverse = istd**-2.0
    eps = float(np.median(inverse - variance))
    plain = np.all(np.abs(inverse - variance - eps) <= 1e-6 * (variance + abs(eps)))
    if plain and -1e-9 * float(np.max(variance)) <= eps <= 0.5 * float(np.max(inverse)):
        return Model(x, axes, gain, istd, max(eps, 0.0), dout, name, centres)
    if istd.size > 1:
        slope, offset = np.polyfit(variance.ravel(), inverse.ravel(), 1)
    else:
        slope, offset = float(inverse.ravel()[0] / variance.ravel()[0]), 0.0
    fitted = slope * variance + offset
    if slope <= 0 or np.any(np.abs(fitted - inverse) > 1e-6 * inverse):
        return None
    k = slope**-0.5
    eps = max(offset / slope, 0.0)
    return Model(x, axes, gain * k, (variance + eps) ** -0.5, eps, dout, name, centres)


def _broadcasts(value: Array, shape: tuple[int, ...]) -> list[Array]:
    """Return the ways to broadcast a vector over an array: on the last axis, the second, as is."""
    if value.ndim == 1 and value.size > 1:
        return [value.reshape([-1 if i == axis else 1 for i in range(len(shape))])
                for axis in range(len(shape) - 1, -1, -1) if shape[axis] == value.size]
    fits = value.ndim <= len(shape) and all(
        a in (1, b) for a, b in zip(value.shape[::-1], shape[::-1], strict=False))
    return [value] if fits else []


def _recognise_block(view: View) -> Model | None:
    """Recognise a normalization between other layers, such as affine - batchnorm - relu.

    What follows it, where it is elementwise, shows in ``J = d(out)/d(beta)``: the gradient that
    reaches the normalization's output is ``dout * J``.
    """
    case = view.case
    arrays = [(name, position, case.args[position])
              for position, name in enumerate(case.layer.names)
              if isinstance(case.args[position], np.ndarray)
              and case.args[position].dtype.kind == "f"]
    if case.kind != "layer" or case.out.ndim != 2 or not arrays:
        return None
    width = case.out.shape[1]
    vectors = [entry for entry in arrays if entry[2].shape == (width,)]
    eps = next((value for key, value in case.numbers.items() if key.startswith("eps")), 1e-5)
    for before, others in _befores(arrays, vectors, width):
        z = arrays[0][2] if before is None else before.z
        if z.shape != case.out.shape:
            continue
        for gamma, beta in itertools.permutations(others, 2):
            dy = view.contributions(beta[1])
            for axes in ((0,), (1,)):
                variance = np.var(z, axis=axes, keepdims=True)
                model = Model(z, axes, np.broadcast_to(gamma[2], z.shape),
                              (variance + eps) ** -0.5, eps, dy, gamma[0], before=before)
                if np.all(variance > 0) and _explains(model, view):
                    return model
    return None


def _befores(arrays: list[Any], vectors: list[Any], width: int) -> Iterator[tuple[Any, list[Any]]]:
    """Yield the affine layers that the arguments may form, each with the vectors left over."""
    if len(arrays) > 2 and arrays[1][2].ndim == 2 and arrays[1][2].shape[1] == width:
        for b in vectors:
            names = (arrays[0][0], arrays[1][0], b[0])
            if arrays[0][2].size // max(1, len(arrays[0][2])) == arrays[1][2].shape[0]:
                yield (Affine(arrays[0][2], arrays[1][2], b[2], names),
                       [entry for entry in vectors if entry is not b])
    yield None, vectors


def _explains(model: Model, view: View) -> bool:
    """Whether the model's true gradient is the numeric one of every argument that it reaches."""
    reached = [other for entry in view.case.comparisons
               if model.reaches(other := View(view.case, entry))]
    return bool(reached) and all(
        np.allclose(model.pulled(other, model.dx()), other.n, rtol=1e-5,
                    atol=1e-6 * float(np.max(np.abs(other.n))) + 1e-8) for other in reached)
