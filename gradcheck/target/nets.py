"""Nets: classes with params and loss(X, y), each judged as a whole by its parameters' gradients."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from gradcheck.arguments import was_refused
from gradcheck.exceptions.remedies import reason_and_remedy
from gradcheck.exceptions.words import reason_of, with_line
from gradcheck.report import Report
from gradcheck.run.several import is_wrong, together
from gradcheck.target.classes import is_layer_class
from gradcheck.target.exceptions import OURS
from gradcheck.target.judgement import FORM_CODES, Judgement
from gradcheck.target.names import LABELS
from gradcheck.target.needs import need_of
from gradcheck.target.net_trials import Own, Trial, gap_raised, own_trials, trials_of
from gradcheck.target.pairs import Pair
from gradcheck.target.passes import needed
from gradcheck.target.sources import as_named

MOST_REASON = 120


def is_net_class(value: Any) -> bool:
    """Whether a class has params and ``loss(self, X, y)``; a layer with a loss is a layer.

    Examples
    --------
    >>> class Net:
    ...     def __init__(self): self.params = {}
    ...     def loss(self, X, y=None): ...
    >>> is_net_class(Net), is_net_class(dict)
    (True, False)
    """
    loss = inspect.getattr_static(value, "loss", None) if isinstance(value, type) else None
    if not inspect.isfunction(loss) or is_layer_class(value):
        return False
    names = needed(loss, optional=True)[1:]
    if len(names) < 2 or not (LABELS.fullmatch(names[1]) or names[1] == "captions"):
        return False
    extra = set(needed(loss)[3:]) - {"reg"}
    codes = [getattr(method, "__code__", None) for method in (value.__init__, loss)]
    return not extra and any("params" in code.co_names for code in codes if code is not None)


def pair_of_net(name: str, kind: type, own: Own | None = None) -> Pair:
    """Return a net class as something to judge; `own` returns the net, X and y.

    Examples
    --------
    >>> import numpy as np
    >>> class Line:
    ...     def __init__(self, input_dim=3): self.params = {"w": np.zeros(input_dim)}
    ...     def loss(self, X, y):
    ...         r = X @ self.params["w"] - y
    ...         return 0.5 * np.sum(r ** 2), {"w": 2 * X.T @ r}
    >>> judgement = judged_net(pair_of_net("Line", Line), 0)
    >>> judgement.status, judgement.codes
    ('failed', ['scaled'])
    """
    def trials(seed: int) -> Iterator[Trial]:
        return own_trials(own, seed) if own is not None else trials_of(kind, seed)

    return Pair(name, name, kind.loss, net=trials)  # type: ignore[attr-defined]


def judged_net(pair: Pair, seed: int) -> Judgement:
    """Judge a net: at first without a reg, then with one, at N = 1, with larger weights, ..."""
    assert pair.net is not None
    trials = pair.net(seed)
    try:
        first = next(trials)
        if gap := first.gap:
            return Judgement("todo", gap)
        report = first.report(pair.name, seed)
    except OURS:
        raise
    except BaseException as error:
        return _not_made(pair, error)
    wrong_at, refused = first, list[str]()
    for trial in trials if report.passed else ():
        more = _further(trial, pair.name, seed)
        if isinstance(more, str):
            refused += [more] if more else []
            continue
        report, wrong_at = together(report, more, trial.told, "at the first"), trial
        if any(map(is_wrong, report.findings)):
            break
    if need := _need(report, wrong_at):
        return Judgement("skipped", f"not judged: {need}")
    advice = (f"not judged {', '.join(refused)}",) if refused else ()
    note = _note_of_layers(pair.forward) if report.status == "failed" else ""
    report = replace(report, notes=(*report.notes, note)) if note else report
    return Judgement(report.status, "" if report.passed else "\n".join(report.paragraphs()),
                     report, report.passed, advice, net_at=wrong_at)


def _further(trial: Trial, name: str, seed: int) -> Report | str:
    """Return one more report; of what a net refuses to be or to take, why, or nothing."""
    try:
        gap = trial.gap
        report = None if gap else trial.report(name, seed)
    except OURS:
        raise
    except Exception as error:
        gap, report = reason_of(error), None
    if report is None:
        return f"{trial.told} ({gap[:MOST_REASON]})"
    of_form = next((finding for finding in report.findings if finding.symptoms & FORM_CODES), None)
    return report if of_form is None else (
        f"{trial.told} ({of_form.message.partition('. Remedy')[0][:MOST_REASON]})")


def _need(report: Report, trial: Trial) -> str:
    """Return what a net lacked that is not its own, where it raised for that."""
    if not any(finding.code == "raises" for finding in report.findings):
        return ""
    try:
        trial.one_form.loss(*copy.deepcopy(trial.batch))
    except Exception as error:
        return need_of(error)
    return ""


def _not_made(pair: Pair, error: BaseException) -> Judgement:
    """Return what is said of a net that could not be constructed, or that is none after all."""
    if isinstance(error, SystemExit):
        return Judgement("error", f"it called sys.exit({error.code!r})")
    if not isinstance(error, Exception):
        return Judgement("error", f"it raised {reason_of(error)}")
    if gap := gap_raised(error):
        return Judgement("todo", gap)
    if need := need_of(error):
        return Judgement("skipped", f"not judged: {need}")
    return Judgement("skipped", f"{pair.name} could not be tried{_why(error)}\n"
                     f"  {'Remedy: write' if _is_ours(error) else 'Or write'} beside it, with "
                     "sizes that it takes,\n"
                     f"      def {pair.name}_example(rng):\n"
                     f"          return {pair.name}(...), rng.normal(size=(5, 6)), "
                     "rng.integers(4, size=5)")


def _is_ours(error: Exception) -> bool:
    """Whether it is our own words that an exception says."""
    return type(error) is LookupError or was_refused(error)


def _why(error: Exception) -> str:
    """Return why a net could not be tried; of what its own code raised, the line, too."""
    if _is_ours(error):
        return f" ({error})"
    return with_line(f": its constructor raised {reason_and_remedy(error)}", error)


def _note_of_layers(kind_of_loss: Callable[..., Any]) -> str:
    """Return what is said of the layers that a wrong net calls; '' where it calls none."""
    code = getattr(kind_of_loss, "__code__", None)
    names = getattr(kind_of_loss, "__globals__", {})
    called = [name for name in code.co_names if name.endswith(("_forward", "_backward", "_loss"))
              and inspect.isfunction(names.get(name))] if code is not None else []
    if not called:
        return ""
    files = {as_named(inspect.getfile(names[name])) for name in called}
    return (f"it calls {called[0]}{f' and {len(called) - 1} more' * (len(called) > 1)} of "
            f"{' and '.join(sorted(files))}: where a layer is wrong there, the net is, too")
