"""check_layer, check_gradient, check_net: contract, then numbers, then diagnosis, then a Report."""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from gradcheck._arguments import refuse
from gradcheck.compare import Comparison, Problem, compare
from gradcheck.contract import (
    Inspection,
    Layer,
    inspect_layer,
    name_arguments,
    note_nonlinearity,
    same_bits,
)
from gradcheck.diagnose import Case, diagnose, diagnose_shapes
from gradcheck.mapping import map_like
from gradcheck.projection import compare_by_projection
from gradcheck.report import ArgumentReport, Finding, Report
from gradcheck.structure import Evaluator, align, output_of, upcast
from gradcheck.numeric import step_lengths

Array = NDArray[Any]
Workers = int | Callable[..., Any] | None

MOST_GROUPS = 1024
NATIVE_ULPS = 256


def check_layer(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *args: Any,
    wrt: Sequence[int] | int | None = None,
    dout: Array | None = None,
    seed: int = 0,
    constants: Mapping[str, float] | None = None,
    workers: Workers = None,
    name: str | None = None,
) -> Report:
    """Check a layer's backward against its forward, and say what is wrong with it.

    Parameters
    ----------
    forward : callable
        ``forward(*args)`` returns ``(out, cache)``, out a floating array of any shape.
    backward : callable
        ``backward(dout, cache)`` returns the gradient, or a tuple of gradients in the order of
        `wrt`: arrays of the arguments' shapes, of no narrower dtype.
    *args
        The arguments of forward. Neither they nor the dicts among them are changed.
    wrt : int or sequence of int, optional
        Positions of the arguments to differentiate; by default the floating arrays among `args`.
    dout : ndarray, optional
        The upstream gradient, of out's shape; by default Gaussian.
    seed : int
        Seeds dout and the random directions, each with a stream of its own.
    constants : mapping, optional
        Values after which a wrong factor is named, such as ``{'p': 0.3}``. The numbers in dicts
        among `args` and the sizes in the shapes are used without being asked.
    workers : int or map-like, optional
        As in SciPy: a number of processes (-1: all cores), or a callable that is called as
        ``workers(function, list)``.
    name : str, optional
        What the report calls the layer; by default forward's name.

    Returns
    -------
    Report
        Its text, ``str(report)``, says what was checked and what was found.

    Raises
    ------
    TypeError, ValueError
        If forward or backward is not callable, an argument to differentiate is not a finite
        floating array, or dout does not have out's shape. Exceptions of forward and backward
        themselves become the finding 'raises'.

    Notes
    -----
    The numeric gradient is that of ``sum(dout * forward(*args)[0])``, always in float64 on upcast
    arguments. A coordinate passes if ``|analytic - numeric| <= 4 bound + floor``, with the bound of
    `gradcheck.numeric` and a floor of a few thousand ulps; at a kink, any value between the
    one-sided slopes passes.

    Examples
    --------
    >>> import numpy as np
    >>> def square_forward(x):
    ...     return x ** 2, x
    >>> def square_backward(dout, x):
    ...     return dout * x
    >>> report = check_layer(square_forward, square_backward, np.array([1.0, -2.0, 3.0]))
    >>> report.passed, report.findings[0].code, report.findings[0].evidence["factor"]
    (False, 'scaled', 0.5)
    """
    started = time.perf_counter()
    layer = _layer(forward, backward, args, wrt)
    rng = [np.random.default_rng(stream) for stream in np.random.SeedSequence(seed).spawn(3)]
    label = name or getattr(forward, "__name__", "layer")
    found = inspect_layer(layer, dout, rng[0])
    state = _State(layer, found, dict(constants or {}), label)
    with np.errstate(all="ignore"):
        if found.gradients and not found.fatal:
            with _progress(label) as progress, map_like(workers) as run:
                state.check(rng[1], rng[2], run, progress)
    return state.report(started)


def _layer(forward: Callable[..., Any], backward: Callable[..., Any], args: tuple[Any, ...],
           wrt: Sequence[int] | int | None) -> Layer:
    """Validate check_layer's arguments."""
    for role, function in (("forward", forward), ("backward", backward)):
        if not callable(function):
            refuse(role, function, "a function", f"pass the {role} function itself", TypeError)
    names = name_arguments(forward, args)
    if wrt is None:
        positions = tuple(i for i, arg in enumerate(args) if _floating(arg))
        if not positions:
            refuse("args", "no floating array", "at least one to differentiate",
                   "pass arrays of floats, for example x.astype(float)", TypeError)
    else:
        positions = (wrt,) if isinstance(wrt, int | np.integer) else tuple(wrt)
    for position in positions:
        if isinstance(position, bool) or not isinstance(position, int | np.integer) or not (
                0 <= position < len(args)):
            refuse("wrt", position, f"positions from 0 to {len(args) - 1}",
                   "count the arguments of forward from 0")
        if not _floating(args[position]):
            refuse(names[position], args[position], "a floating array",
                   "convert it, for example with .astype(float), or leave it out of wrt", TypeError)
        if not np.all(np.isfinite(args[position])):
            refuse(names[position], "inf or NaN in it", "finite numbers",
                   "check the layer where it can be differentiated")
    return Layer(forward, backward, args, names, tuple(map(int, positions)))


def _floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


class _State:
    """One check under way: the layer, its inspection, the comparisons, the findings."""

    def __init__(self, layer: Layer, found: Inspection, constants: dict[str, float],
                 label: str, kind: str = "layer") -> None:
        self.layer, self.found, self.constants = layer, found, constants
        self.label, self.kind = label, kind
        self.evaluator = Evaluator(layer.forward, layer.args)
        self.evaluator.protect = any(entry.code == "input-mutated" for entry in found.findings)
        self.comparisons: list[Comparison] = []
        self.notes: list[str] = []
        self.evaluator.count = found.calls

    def check(self, linear: np.random.Generator, directions: np.random.Generator,
              run: Any, progress: Callable[[int], None]) -> None:
        """Compare every argument at float64, then the gradients of the user's dtype with those."""
        layer, found = self.layer, self.found
        assert found.out is not None and found.dout is not None
        dout = found.dout.astype(np.float64)
        analytic = self._analytic(dout)
        if analytic is None:
            return
        if self.kind == "layer":
            _, cache = self.evaluator.call()
            note_nonlinearity(found, layer, cache, dout, analytic, linear)
            if found.fatal:
                return
        origin = self.evaluator.out()
        problem = Problem(self.evaluator, origin, dout, run, progress, self._analytic_noise)
        for place, position in enumerate(layer.wrt):
            gradient = analytic[place] if place < len(analytic) else None
            if not isinstance(gradient, np.ndarray) or (
                    gradient.shape != layer.args[position].shape) or gradient.dtype.kind != "f":
                continue
            comparison = self._compare(problem, position, gradient.astype(np.float64), directions)
            if not np.any(comparison.failed):
                self._compare_native(problem, comparison, place)
            self.comparisons.append(comparison)
        self._explain(problem, analytic)

    def _analytic(self, dout: Array) -> list[Any] | None:
        """Return the gradients at float64: the user's own if that is his dtype."""
        found, layer = self.found, self.layer
        if all(layer.args[i].dtype == np.float64 for i in layer.wrt) and not self.evaluator.protect:
            return [np.asarray(entry) for entry in found.gradients]
        try:
            _, cache = self.evaluator.call()
            returned = layer.backward(dout.copy(), cache)
        except Exception as error:
            found.add("raises", None, f"at float64, {type(error).__name__}: {error}. Remedy: accept "
                      "every floating dtype.", exception=type(error).__name__)
            return None
        gradients = returned if isinstance(returned, tuple | list) else [returned]
        return [np.array(entry) for entry in gradients]

    def _analytic_noise(self, position: int) -> Array | float:
        """Return how far the analytic gradient moves as the arguments are rounded anew."""
        layer, evaluator = self.layer, self.evaluator
        if self.kind != "layer" or self.found.dout is None:
            return 0.0
        place = layer.wrt.index(position)
        rng = np.random.default_rng(position)
        results = []
        for _ in range(3):
            args = evaluator.arguments()
            for i in layer.wrt:
                args[i] = args[i] * (1 + rng.uniform(-4, 4, args[i].shape) * evaluator.eps)
            evaluator.count += 1
            try:
                _, cache = layer.forward(*args)
                returned = layer.backward(self.found.dout.astype(np.float64), cache)
                gradients = returned if isinstance(returned, tuple | list) else [returned]
                results.append(np.asarray(gradients[place], dtype=np.float64))
            except Exception:
                return 0.0
        spread: Array = 4 * np.ptp(np.array(results), axis=0)
        return spread

    def _compare(self, problem: Problem, position: int, analytic: Array,
                 directions: np.random.Generator) -> Comparison:
        name = self.layer.names[position]
        x = self.evaluator.args[position]
        scale = step_lengths(x, self.evaluator.eps) / self.evaluator.eps ** (1 / 3)
        alignment = align(self.evaluator, position, problem.origin, scale)
        if alignment.group_count <= MOST_GROUPS:
            return compare(problem, position, name, analytic, alignment)
        return compare_by_projection(problem, position, name, analytic, directions)

    def _compare_native(self, problem: Problem, comparison: Comparison, place: int) -> None:
        """Hold the gradient of a narrower dtype against the float64 one, which has passed.

        Both only compare where forward itself agrees between the dtypes: a mask drawn in the
        array's own dtype does not.
        """
        argument = self.layer.args[comparison.position]
        native = self.found.gradients[place]
        if argument.dtype == np.float64 or not isinstance(native, np.ndarray):
            return
        eps = float(np.finfo(argument.dtype).eps)
        out = self.found.out
        assert out is not None
        close = np.abs(out - problem.origin) <= NATIVE_ULPS * eps * (
            np.abs(problem.origin) + np.sqrt(np.mean(np.square(problem.origin))))
        if not np.all(close):
            return
        gradient = native.astype(np.float64)
        tolerance = NATIVE_ULPS * eps * comparison.scale + 16 * self._rounding(place, eps)
        wrong = ~(np.abs(gradient - comparison.analytic) <= tolerance)
        if np.any(wrong):
            comparison.analytic = gradient
            comparison.failed = wrong
            comparison.bound = np.maximum(comparison.bound, tolerance)
            comparison.notes.append(f"d{comparison.name} is right at float64 and wrong at "
                                    f"{argument.dtype}")

    def _rounding(self, place: int, eps: float) -> Array:
        """Return how far the float64 gradient moves as the arguments are rounded to `eps`."""
        layer, evaluator = self.layer, self.evaluator
        rng = np.random.default_rng(place)
        assert self.found.dout is not None
        results = []
        for _ in range(3):
            args = evaluator.arguments()
            for i in layer.wrt:
                args[i] = args[i] * (1 + rng.uniform(-1, 1, args[i].shape) * eps)
            evaluator.count += 1
            _, cache = layer.forward(*args)
            returned = layer.backward(self.found.dout.astype(np.float64), cache)
            gradients = returned if isinstance(returned, tuple | list) else [returned]
            results.append(np.asarray(gradients[place], dtype=np.float64))
        return np.asarray(np.ptp(np.array(results), axis=0))

    def _explain(self, problem: Problem, analytic: list[Any]) -> None:
        """Turn failed comparisons into findings."""
        case = Case(self.layer, problem, self.found, tuple(self.comparisons), tuple(analytic),
                    self.constants, self.kind)
        self.found.findings[:] = diagnose_shapes(case, self.found.findings)
        self.found.findings += diagnose(case)

    def report(self, started: float) -> Report:
        """Close the check."""
        findings = tuple(self.found.findings)
        undecided = any(bool(np.any(entry.undecided)) for entry in self.comparisons)
        if undecided:
            for entry in self.comparisons:
                if np.any(entry.undecided):
                    self.notes.append(f"d{entry.name}: {int(entry.undecided.sum())} coordinates "
                                      "are undecided, the numeric error bound is too wide there")
        self.notes += [note for entry in self.comparisons for note in entry.notes]
        return Report(
            passed=not findings and not undecided,
            inconclusive=undecided,
            findings=findings,
            checked=sum(entry.coordinates for entry in self.comparisons),
            evaluations=self.evaluator.count,
            seconds=time.perf_counter() - started,
            arguments=tuple(_argument_report(entry, self.layer.args[entry.position])
                            for entry in self.comparisons),
            notes=tuple(self.notes),
            name=self.label,
        )


def _argument_report(entry: Comparison, argument: Array) -> ArgumentReport:
    relative = np.where(entry.failed, entry.relative_error + 1.0, entry.relative_error)
    worst: tuple[int, ...] = ()
    if relative.size:
        flat = int(np.argmax(np.nan_to_num(relative, nan=np.inf)))
        worst = tuple(map(int, np.unravel_index(flat, relative.shape)))
    pick = (lambda values: float(values[worst])) if relative.size else (lambda values: 0.0)
    return ArgumentReport(
        name=entry.name, shape=argument.shape, dtype=str(argument.dtype),
        checked=entry.coordinates, worst_index=worst, analytic=pick(entry.analytic),
        numeric=pick(entry.numeric), error=pick(entry.error), bound=pick(entry.bound),
        worst_error=float(np.max(entry.relative_error)) if relative.size else 0.0,
        errors=entry.error if entry.error.ndim == 2 else None,
    )


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int], None]]:
    """Count evaluations on a bar on stdout, which appears only past two seconds."""
    with tqdm(desc=label, unit=" calls", delay=2, leave=False, file=sys.stdout) as bar:
        yield bar.update


def check_gradient(
    f: Callable[[Any], Any],
    grad: Any,
    x: Any,
    *,
    seed: int = 0,
    constants: Mapping[str, float] | None = None,
    workers: Workers = None,
    name: str | None = None,
) -> Report:
    """Check the gradient of a scalar function.

    Parameters
    ----------
    f : callable
        ``f(x)`` returns a scalar.
    grad : ndarray, dict of ndarray, or callable
        The gradient at x, or a function of x that returns it.
    x : ndarray or dict of ndarray
        Floating arrays. They are not changed: f and grad are called on copies.
    seed, constants, workers, name
        As in `check_layer`.

    Returns
    -------
    Report

    Raises
    ------
    TypeError, ValueError
        If x is not a floating array or a dict of them, holds inf or NaN, or the gradient's keys or
        shapes are not those of x.

    Notes
    -----
    Up to 1024 coordinates are compared one by one. Larger arrays are compared along Gaussian
    directions; where one disagrees, bisection finds the wrong elements.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> check_gradient(lambda x: np.sum(x ** 3), lambda x: 3 * x ** 2, x).passed
    True
    >>> check_gradient(lambda x: np.sum(x ** 3), -3 * x ** 2, x).findings[0].code
    'sign-flipped'
    """
    if not callable(f):
        refuse("f", f, "a function of x that returns a scalar", "pass the function itself",
               TypeError)
    names, arrays = _named_arrays(x)
    single = not isinstance(x, Mapping)

    def pack(values: Sequence[Array]) -> Any:
        return values[0] if single else dict(zip(names, values, strict=True))

    def forward(*values: Array) -> Any:
        return np.float64(_scalar(f(pack(values)))), tuple(values)

    def backward(dout: Array, cache: Any) -> tuple[Any, ...]:
        copies = [value.copy() for value in cache]
        return _gradients(grad(pack(copies)) if callable(grad) else grad, names, single)

    label = name or getattr(f, "__name__", "function").replace("<lambda>", "function")
    return _check_scalar(forward, backward, arrays, names, seed, dict(constants or {}), workers,
                         label)


def check_net(
    net: Any,
    X: Any,
    y: Any,
    *,
    seed: int = 0,
    constants: Mapping[str, float] | None = None,
    workers: Workers = None,
    name: str | None = None,
) -> Report:
    """Check the gradients of a whole net: ``net.loss(X, y)`` returns ``(loss, grads)``.

    Parameters
    ----------
    net : object
        Has ``params``, a dict of floating arrays, and ``loss(X, y)``, whose grads have the same
        keys. The check works on a deep copy; `net` is not changed.
    X, y
        A batch, as ``net.loss`` takes it.
    seed, constants, workers, name
        As in `check_layer`.

    Returns
    -------
    Report
        An entry for each parameter.

    Raises
    ------
    TypeError, ValueError
        If net has no params or loss, or grads lacks a key.

    Notes
    -----
    Parameters that are one constant throughout, such as biases before training, are moved by a
    little noise: at zero, a regularization of the bias would go unseen. A net with a `dtype`
    computes in float64 for the time of the check. Give a net with dropout a fixed seed.

    Examples
    --------
    >>> import numpy as np
    >>> class Line:
    ...     def __init__(self):
    ...         self.params = {"w": np.array([0.5, -1.0]), "b": np.zeros(1)}
    ...     def loss(self, X, y):
    ...         w, b = self.params["w"], self.params["b"]
    ...         r = X @ w + b - y
    ...         return 0.5 * np.sum(r ** 2), {"w": X.T @ r, "b": np.sum(r, keepdims=True)}
    >>> X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])
    >>> check_net(Line(), X, np.ones(3)).passed
    True
    """
    if not isinstance(getattr(net, "params", None), Mapping) or not callable(
            getattr(net, "loss", None)):
        refuse("net", net, "an object with a dict params and a method loss(X, y)",
               "pass the net itself", TypeError)
    work = copy.deepcopy(net)
    if hasattr(work, "dtype"):
        work.dtype = np.float64
    names, arrays = _named_arrays(work.params)
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(4)[3])
    arrays = [_off_constant(array.astype(np.float64), rng) for array in arrays]
    batch = (upcast(X), copy.deepcopy(y))
    run = _NetLoss(work, names, batch)
    numbers = {key: value for key in ("reg",) if isinstance(
        value := getattr(net, key, None), int | float) and not isinstance(value, bool)}
    if hasattr(X, "shape") and len(X.shape):
        numbers["N"] = X.shape[0]
    return _check_scalar(run.forward, run.backward, arrays, names, seed,
                         {**numbers, **dict(constants or {})}, workers,
                         name or type(net).__name__, kind="net")


class _NetLoss:
    """A net's loss as a (forward, backward) pair of its parameters."""

    def __init__(self, net: Any, names: Sequence[str], batch: tuple[Any, Any]) -> None:
        self.net, self.names, self.batch = net, tuple(names), batch

    def forward(self, *values: Array) -> Any:
        """Return (loss, grads) at these parameter values, on a net as fresh as the first."""
        net = copy.copy(self.net)
        for key, value in vars(self.net).items():
            if key != "params":
                setattr(net, key, copy.deepcopy(value))
        net.params = dict(zip(self.names, values, strict=True))
        returned = net.loss(*self.batch)
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise TypeError(f"net.loss(X, y) returned {type(returned).__name__}; expected the pair "
                            "(loss, grads)")
        return np.float64(_scalar(returned[0])), returned[1]

    def backward(self, dout: Array, grads: Any) -> tuple[Any, ...]:
        """Return the gradients in the order of the names."""
        return _gradients(grads, self.names, False)


def _check_scalar(forward: Callable[..., Any], backward: Callable[..., Any],
                  arrays: Sequence[Array], names: Sequence[str], seed: int,
                  constants: dict[str, float], workers: Workers, label: str,
                  kind: str = "gradient") -> Report:
    """Check a scalar function of named arrays; linearity in dout has no meaning there."""
    started = time.perf_counter()
    layer = Layer(forward, backward, tuple(arrays), tuple(names), tuple(range(len(arrays))))
    directions = np.random.default_rng(np.random.SeedSequence(seed).spawn(3)[2])
    found = inspect_layer(layer, np.ones(()), directions)
    state = _State(layer, found, constants, label, kind)
    with np.errstate(all="ignore"):
        if found.gradients and not found.fatal:
            with _progress(label) as progress, map_like(workers) as run:
                state.check(directions, directions, run, progress)
    return state.report(started)


def _named_arrays(x: Any) -> tuple[tuple[str, ...], list[Array]]:
    """Return names and arrays of x; refuse what cannot be differentiated."""
    entries = dict(x) if isinstance(x, Mapping) else {"x": x}
    if not entries:
        refuse("x", x, "at least one array", "pass the arrays to differentiate")
    for key, value in entries.items():
        if not _floating(value):
            refuse(str(key), value, "a floating array", "convert it with .astype(np.float64)",
                   TypeError)
        if not np.all(np.isfinite(value)):
            refuse(str(key), "inf or NaN in it", "finite numbers",
                   "check the gradient where the function is finite")
    return tuple(map(str, entries)), list(entries.values())


def _gradients(grads: Any, names: Sequence[str], single: bool) -> tuple[Any, ...]:
    """Return gradients in the order of the names."""
    if single:
        return (np.asarray(grads),)
    if not isinstance(grads, Mapping):
        refuse("grad", grads, f"a dict with the keys {list(names)}", "return one array a key",
               TypeError)
    missing = [key for key in names if key not in grads]
    if missing:
        refuse("grad", f"the keys {sorted(map(str, grads))}", f"also {missing}",
               "return a gradient for every array")
    return tuple(np.asarray(grads[key]) for key in names)


def _scalar(value: Any) -> float:
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        refuse("f", f"a result of dtype {array.dtype} and shape {array.shape}", "a real scalar",
               "reduce it, for example with np.sum", TypeError)
    return float(array.reshape(()))


def _off_constant(array: Array, rng: np.random.Generator) -> Array:
    """Move a parameter that is one constant throughout, so that its own value shows in a gradient."""
    if array.size and np.all(array == array.flat[0]):
        return array + 0.1 * rng.standard_normal(array.shape)
    return array


__all__ = ["check_gradient", "check_layer", "check_net", "output_of", "same_bits"]
