"""Laws that judge anybody's dropout.

A numerical gradient check passes most wrong dropouts: no scale, p and 1 - p swapped, one mask for
each row, a frozen mask are all *consistent* and wrong. The laws of this module are about the mask:

>>> from gradcheck.mask_laws.run import check_dropout
>>> def dropout_forward(x, param):
...     if param["mode"] == "test":
...         return x, None
...     rng = np.random.default_rng(param.get("seed"))
...     mask = rng.random(x.shape) < param["p"]
...     return (x * mask / (1 - param["p"])).astype(x.dtype), (mask, 1 - param["p"])
>>> def dropout_backward(dout, cache):
...     return dout if cache is None else (dout * cache[0] / cache[1]).astype(dout.dtype)
>>> results = check_dropout((dropout_forward, dropout_backward), on_fail=None)
>>> print(next(result for result in results if result.name == "rate"))
failed   rate: kept ... of the units where 0.7 was expected (...). Minimal example: p = 0.3,
x a float64 array of shape (512, 512). Likely slip: p is used as the keep probability: keep
a unit where its random number is >= p.

Laws that hold for every single call are judged on a few examples of every kind; where one is
broken, hypothesis looks for the smallest that breaks it. Laws about distributions use fixed sample
sizes; a correct implementation raises a false alarm with a probability below 1e-9 a run
(`gradcheck.mask_laws.statistics`). The smallest deviations that they find in nearly every run:

{table}
"""

from __future__ import annotations

import threading
import time
import unittest
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from gradcheck.arguments import refuse
from gradcheck.generators import global_generators_restored
from gradcheck.mask_laws.implementation import (
    DropoutImplementation,
    DropoutLawError,
    Probe,
    as_implementation,
)
from gradcheck.mask_laws.law import CheckResult, CheckResults, Law
from gradcheck.mask_laws.registry import COMMON_LAWS, LAWS, table_of_deviations
from gradcheck.mask_laws.samples import Samples
from gradcheck.mask_laws.search import judge_on_examples
from gradcheck.mask_laws.words import turn_to_keeping

__all__ = ["LAWS", "CheckResult", "DropoutCheckWarning", "DropoutImplementation", "DropoutLawError",
           "Law", "check_dropout", "check_law", "dropout_checks", "each_law",
           "parametrize_with_dropout_checks"]


# Every law seeds NumPy's global generator, which the threads of a process share.
_turn = threading.RLock()


class DropoutCheckWarning(UserWarning):
    """A law is broken, under on_fail='warn'."""


class _Run:
    """One implementation, its samples, and the laws bound to them."""

    def __init__(self, impl: DropoutImplementation) -> None:
        self.probe = Probe(impl)
        self.samples = Samples(self.probe)

    def judge(self, law: Law, impl: object = None) -> None:
        """Hold the implementation to a law; `impl` is accepted for parametrized tests."""
        __tracebackhide__ = True  # pytest shows the test that called it
        with (_turn, global_generators_restored(law.name), warnings.catch_warnings(),
              np.errstate(all="ignore")):
            warnings.simplefilter("ignore")
            try:
                if law.kind == "deterministic":
                    judge_on_examples(law.check, self.probe)
                else:
                    law.check(self.samples if law.kind == "statistical" else self.probe)
            except DropoutLawError as error:
                error.law = law.name
                if self.probe.impl.p_is == "keep":
                    turn_to_keeping(error, law.name)
                raise error.with_traceback(None) from None  # the search is nobody's to debug


def dropout_checks(
    impl: object, *, strict: bool = False
) -> Iterator[tuple[str, Callable[..., None]]]:
    """Yield (name, callable) for every law.

    Parameters
    ----------
    impl : DropoutImplementation, (forward, backward), or module
        A pair or a module is taken with the default conventions.
    strict : bool
        Include the laws beyond common practice.

    Yields
    ------
    name : str
        Name of the law.
    check : callable
        Raises DropoutLawError if the law is broken, unittest.SkipTest where it does not apply.
        Takes no argument; an argument is ignored, so that tests may pass the implementation on.
    """
    run = _Run(as_implementation(impl))
    for law in LAWS if strict else COMMON_LAWS:
        yield law.name, partial(run.judge, law)


def check_dropout(
    impl: object,
    *,
    strict: bool = False,
    expected_failures: Mapping[str, str] | None = None,
    on_fail: str | None = "raise",
    callback: Callable[[CheckResult], Any] | None = None,
) -> list[CheckResult]:
    """Hold a dropout to every law.

    Parameters
    ----------
    impl : DropoutImplementation, (forward, backward), or module
        What is judged. A pair, or a module with dropout_forward and dropout_backward, is taken
        with the default conventions: p drops, inverted scaling, param['seed'].
    strict : bool
        Whether the laws beyond common practice count. By default they give advice.
    expected_failures : dict, optional
        Names of laws that may be broken, with the reason.
    on_fail : {'raise', 'warn', None}
        What happens at a broken law: DropoutLawError (an AssertionError), DropoutCheckWarning, or
        nothing but the result.
    callback : callable, optional
        Called with each CheckResult as it is known.

    Returns
    -------
    list of CheckResult
        One for each law; in a notebook it shows itself.

    Raises
    ------
    DropoutLawError
        Under on_fail='raise', at the first broken law.
    ValueError, TypeError
        For an unknown law or on_fail, or something that is no implementation.

    Examples
    --------
    >>> import layers
    >>> [str(result) for result in check_dropout(layers) if result.status == "failed"]
    []
    """
    expected = dict(expected_failures or {})
    for name in expected:
        _law_named(name, "expected_failures")
    if on_fail not in ("raise", "warn", None):
        refuse("on_fail", on_fail, "'raise', 'warn' or None", "pass one of these")
    results = CheckResults()
    for result in each_law(impl, strict=strict, expected=expected):
        results.append(result)
        if callback is not None:
            callback(result)
        if result.status == "failed" and on_fail == "raise" and result.error is not None:
            raise result.error.with_traceback(None)
        if result.status == "failed" and on_fail == "warn":
            warnings.warn(result.message, DropoutCheckWarning, stacklevel=2)
    return results


def check_law(name: str, impl: object) -> CheckResult:
    """Hold a dropout to one law.

    Parameters
    ----------
    name : str
        The law; one beyond common practice counts here, too.
    impl : DropoutImplementation, (forward, backward), or module
        As for `check_dropout`.

    Returns
    -------
    CheckResult
        With status 'passed', 'failed' or 'skipped'.

    Raises
    ------
    ValueError, TypeError
        For an unknown law, or something that is no implementation.

    Examples
    --------
    >>> import layers
    >>> print(check_law("rate", layers))
    passed   rate
    """
    return next(each_law(impl, [_law_named(name, "name")], strict=True))


def _law_named(name: str, argument: str) -> Law:
    found = next((law for law in LAWS if law.name == name), None)
    if found is None:
        refuse(argument, name, "the name of a law",
               "choose from " + ", ".join(law.name for law in LAWS))
    return found


def each_law(
    impl: object,
    laws: Iterable[Law] = LAWS,
    *,
    strict: bool = False,
    expected: Mapping[str, str] | None = None,
    reason_of: Callable[[Exception], str] | None = None,
) -> Iterator[CheckResult]:
    """Hold a dropout to laws, one after the other.

    Parameters
    ----------
    impl : DropoutImplementation, (forward, backward), or module
        As for `check_dropout`.
    laws : iterable of Law
        Those to hold it to.
    strict : bool
        Whether the laws beyond common practice count.
    expected : mapping of str to str, optional
        Names of laws that may be broken, with the reason.
    reason_of : callable, optional
        Tells of an exception that is no law's; it then counts as a broken law. By default it is
        let through.

    Yields
    ------
    CheckResult
        As soon as it is known.
    """
    run = _Run(as_implementation(impl))
    for law in laws:
        yield _result_of(run, law, strict, expected or {}, reason_of)


def _result_of(run: _Run, law: Law, strict: bool, expected: Mapping[str, str],
               reason_of: Callable[[Exception], str] | None) -> CheckResult:
    start, broken = time.perf_counter(), None
    status, message, evidence = "passed", "", {}
    try:
        run.judge(law)
    except unittest.SkipTest as skip:
        status, message = "skipped", f"{law.name}: {skip}"
    except DropoutLawError as error:
        status, message, evidence, broken = "failed", str(error), error.evidence, error
    except Exception as error:
        if reason_of is None:
            raise
        status, message = "failed", f"{law.name}: {reason_of(error)}"
    if status == "failed" and law.name in expected:
        status, message = "xfail", f"{message} Expected: {expected[law.name]}"
    elif status == "failed" and law.kind == "strict" and not strict:
        status = "advice"
    return CheckResult(law.name, status, message, evidence, time.perf_counter() - start, broken)


def parametrize_with_dropout_checks(impls: Iterable[object], *, strict: bool = False) -> Any:
    """Make a pytest test run once for each implementation and law.

    Parameters
    ----------
    impls : iterable of implementations
        As for `check_dropout`.
    strict : bool
        Include the laws beyond common practice.

    Returns
    -------
    pytest.MarkDecorator
        Parametrizes the arguments `impl` and `check`.

    Examples
    --------
    >>> import layers
    >>> @parametrize_with_dropout_checks([layers])
    ... def test_dropout(impl, check):
    ...     check(impl)
    """
    import pytest

    return pytest.mark.parametrize(("impl", "check"), [
        pytest.param(impl, check, id=f"{impl.name}-{name}")
        for impl in map(as_implementation, impls)
        for name, check in dropout_checks(impl, strict=strict)])


__doc__ = (__doc__ or "").replace("{table}", table_of_deviations())
