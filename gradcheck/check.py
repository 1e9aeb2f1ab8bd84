"""check_layer, check_gradient, check_net: what a user calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arguments import refuse
from gradcheck.contract.layer import Layer
from gradcheck.contract.validation import valid_layer, validate_options
from gradcheck.repaired import with_lines
from gradcheck.report import Report
from gradcheck.run.along import check_layer_along, net_layer, net_numbers, scalar_layer
from gradcheck.run.second import second_order, validate_order
from gradcheck.run.session import Session, Workers
from gradcheck.run.several import DIRECTIONS, with_more

Array = NDArray[Any]


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
    progress: bool = True,
    rtol: float = 0.0,
    atol: float = 0.0,
    examples: Sequence[tuple[Any, ...]] = (),
    repair: str | None = None,
    order: int = 1,
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
    progress : bool
        Whether a check of more than two seconds shows a progress bar on stdout.
    rtol, atol : float
        Accept a known approximation: errors up to ``rtol * (|g| + rms(g)) + atol``, with the
        numeric gradient g. The report says that they were used.
    examples : sequence of tuple, optional
        Further arguments of forward. A layer that passed at `args` is judged at each of them, too,
        along three random directions; what is not finite there is 'unstable'.
    repair : {'line', 'diff'}, optional
        Whether the line is looked for that a failure comes from, by an edit of the source that
        makes every gradient right, here and at arguments of other shapes; with ``'diff'`` the
        report holds the edit. The functions run edited code for that time, in all threads.
    order : {1, 2}
        With 2 also the gradient of the gradient, of a pair of `gradcheck.adapters`.

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
    `gradcheck.numeric.ladder` and a floor of a few thousand ulps; at a kink, any value between the
    one-sided slopes passes. Nothing passes by a tolerance above a thousandth of the gradient (3 %
    for float32): what no step resolves so far is inconclusive, unless it is zero in effect.

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
    validate_options(seed, constants, rtol, atol)
    validate_order(order, forward)
    layer = valid_layer(forward, backward, args, wrt)
    _validate_repair(repair)
    label = str(name or getattr(forward, "__name__", "layer"))
    first = Session(layer, constants or {}, label, seed=seed, rtol=rtol, atol=atol).run(
        dout, workers, progress)
    if order == 2 and first.passed:
        first = with_more(first, second_order(forward, args, seed, label, rtol, atol))
    if not examples or not first.passed:
        return _repaired(first, layer, "layer", repair, examples)
    return _repaired(with_more(first, ((f"at example {place}", check_layer_along(
        forward, backward, more, wrt=wrt, directions=DIRECTIONS, seed=seed, name=label,
        rtol=rtol, atol=atol))
        for place, more in enumerate(examples, 2))), layer, "layer", repair)


def check_gradient(
    f: Callable[[Any], Any],
    grad: Any,
    x: Any,
    *,
    seed: int = 0,
    constants: Mapping[str, float] | None = None,
    workers: Workers = None,
    name: str | None = None,
    progress: bool = True,
    rtol: float = 0.0,
    atol: float = 0.0,
    repair: str | None = None,
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
    seed, constants, workers, name, progress, rtol, atol, repair
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
    validate_options(seed, constants, rtol, atol)
    _validate_repair(repair)
    layer = scalar_layer(f, grad, x)
    label = name or getattr(f, "__name__", "function").replace("<lambda>", "function")
    session = Session(layer, constants or {}, label, "gradient", seed, rtol=rtol, atol=atol)
    return _repaired(session.run(np.ones(()), workers, progress), layer, "gradient", repair)


def check_net(
    net: Any,
    X: Any,
    y: Any,
    *,
    seed: int = 0,
    constants: Mapping[str, float] | None = None,
    workers: Workers = None,
    name: str | None = None,
    progress: bool = True,
    rtol: float = 0.0,
    atol: float = 0.0,
    repair: str | None = None,
) -> Report:
    """Check the gradients of a whole net: ``net.loss(X, y)`` returns ``(loss, grads)``.

    Parameters
    ----------
    net : object
        Has ``params``, a dict of floating arrays, and ``loss(X, y)``, whose grads have the same
        keys. The check works on a deep copy; `net` is not changed.
    X, y
        A batch, as ``net.loss`` takes it.
    seed, constants, workers, name, progress, rtol, atol, repair
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
    validate_options(seed, constants, rtol, atol)
    _validate_repair(repair)
    layer = net_layer(net, (X, y), seed)
    session = Session(layer, {**net_numbers(net, X), **(constants or {})},
                      name or type(net).__name__, "net", seed, rtol=rtol, atol=atol)
    return _repaired(session.run(np.ones(()), workers, progress), layer, "net", repair)


def _validate_repair(repair: Any) -> None:
    """Refuse what is no way of repairing."""
    if repair not in (None, "line", "diff"):
        refuse("repair", repair, "None, 'line' or 'diff'", "pass 'diff' to see the edit")


def _repaired(report: Report, layer: Layer, kind: str, repair: str | None,
              examples: Sequence[tuple[Any, ...]] = ()) -> Report:
    """Return a report with the line that the failure comes from, where that is asked for."""
    if repair is None or report.status != "failed":
        return report
    from gradcheck.repair.stage import repairs_of, variants  # a right layer has no need of it

    codes = [finding.code for finding in report.findings]
    given = [replace(layer, args=tuple(args)) for args in examples]
    found = repairs_of(layer, codes, kind=kind, others=[*given, *variants(layer, kind)]) or ()
    return with_lines(report, [entry if repair == "diff" else entry.only_line()
                               for entry in found])
