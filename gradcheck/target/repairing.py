"""The last stage for a pair that failed: the line that the slip is in, and the edit."""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.contract.layer import Layer
from gradcheck.contract.validation import valid_layer
from gradcheck.examples.candidates import Example
from gradcheck.mask_laws.conventions import LAWFUL, Conventions
from gradcheck.repair.places import ATTEMPTS, others
from gradcheck.repair.stage import repairs_of, variants
from gradcheck.repaired import Repair, pointed, with_lines
from gradcheck.report import Report
from gradcheck.run.along import net_layer, scalar_layer
from gradcheck.target.at_arguments import candidates_for
from gradcheck.target.further import further
from gradcheck.target.judge import with_keywords
from gradcheck.target.judgement import VALUE_CODE, Judgement
from gradcheck.target.losses import WrongFormError, function_of_loss
from gradcheck.target.net_trials import REG
from gradcheck.target.pairs import Pair, in_python
from gradcheck.target.trial import Trial

MOST_FURTHER = 3


def with_repairs(judgement: Judgement, pair: Pair, conventions: Conventions, seed: int,
                 seconds: float, told: bool) -> Judgement:
    """Return a judgement with the line of the slip, where one can be proved.

    Parameters
    ----------
    judgement : Judgement
        Of a pair that failed.
    pair : Pair
        The pair.
    conventions : Conventions
        Of its dropout.
    seed : int
        Draws the arguments.
    seconds : float
        At most.
    told : bool
        Whether the edit is told, too, and not the line alone.
    """
    report, example = judgement.report, judgement.example
    if judgement.status != "failed" or report is None or not seconds:
        return judgement
    codes = [finding.code for finding in report.findings]
    if judgement.net_at is not None:
        return _shown(judgement, report, _of_net(judgement.net_at, codes, seconds), told)
    if example is None:
        return judgement
    trial = Trial(with_keywords(in_python(pair)), conventions, seed)
    if VALUE_CODE not in codes and drops_in_test_mode(judgement, pair, conventions):
        return judgement  # forward is to blame, and the laws have its edit
    if VALUE_CODE not in codes:
        return _shown(judgement, report, _found(
            trial, judgement.wrong_at or example, example, codes, seconds), told)
    # forward is to blame: no edit of backward could be right
    found = () if pair.is_loss else _of_value(trial, example, report, seconds)
    if any(entry.verified_at for entry in found):
        report = _followed(report)
    return _shown(judgement, report, found, told)


def _followed(report: Report) -> Report:
    """Fold into the wrong value what was wrong for it; a search for a gradient never gets here."""
    from gradcheck.target.followed import MENDED, without_followers

    return without_followers(report, {str(finding.argument) for finding in report.findings}, MENDED)


def _shown(judgement: Judgement, report: Report, found: Sequence[Repair], told: bool) -> Judgement:
    """Return a judgement with what repairs it, and the message of the report."""
    message = judgement.message if report is judgement.report else "\n".join(report.paragraphs())
    shown = [entry if told else entry.only_line() for entry in found]
    return replace(judgement, report=with_lines(report, shown),
                   message=pointed(message, [entry.to_dict() for entry in shown]))


def drops_in_test_mode(judgement: Judgement, pair: Pair, conventions: Conventions) -> bool:
    """Whether a gradient is wrong where a dropout's forward is not what it is in test mode.

    Backward could be made to agree with it; the laws of the mask have an edit of forward.
    """
    wrong_at = judgement.wrong_at
    if pair.base not in LAWFUL or wrong_at is None or len(wrong_at.args) != 2:
        return False
    x, params = wrong_at.args
    if not isinstance(params, dict) or params.get("mode") != "test":
        return False
    impl = conventions.implementation(pair)
    kept = params["p"] if impl.p_is == "keep" else 1 - params["p"]
    try:
        out = np.asarray(pair.forward(*copy.deepcopy(wrong_at.args))[0])
    except Exception:
        return False
    wanted = x if impl.scaling == "inverted" else x * kept
    return out.shape != wanted.shape or not np.allclose(out, wanted)


def _of_net(at: Any, codes: Sequence[str], seconds: float) -> tuple[Repair, ...]:
    """Return what repairs a net at the batch at which it is wrong, and at others."""
    layer = net_layer(at.one_form, at.batch)
    regularized = (net_layer(at.one_form, batch) for batch in _with_reg(at.batch))
    return repairs_of(layer, codes, kind="net", seconds=seconds,
                      others=itertools.chain(regularized, variants(layer, "net"))) or ()


def _with_reg(batch: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield a batch without a penalty with one: what is right without it may be wrong there."""
    if len(batch) > 2 and isinstance(batch[2], float) and not batch[2]:
        yield (*batch[:2], REG, *batch[3:])


def _of_value(trial: Trial, example: Example, report: Report, seconds: float
              ) -> tuple[Repair, ...]:
    """Return what repairs the value; a search for a gradient goes without the definitions."""
    from gradcheck.target.value_repairing import value_repairs

    more = any(finding.code != VALUE_CODE or "followed_by" in finding.evidence
               for finding in report.findings)
    return value_repairs(trial, example, _more(trial, example), more, seconds)


def _found(trial: Trial, wrong_at: Example, example: Example, codes: Sequence[str],
           seconds: float) -> tuple[Repair, ...]:
    """Return what repairs it at arguments at which it is wrong, and is right at the first, too."""
    try:
        layer, kind = layer_at(trial, wrong_at)
    except (TypeError, ValueError, WrongFormError):
        return ()
    return repairs_of(layer, codes, kind=kind, seconds=seconds,
                      others=_others(trial, wrong_at, example)) or ()


def _further(trial: Trial, example: Example) -> Iterator[Example]:
    """Yield the further arguments at which a pair that is right at the first was judged."""
    redrawn = next(candidates_for(trial.pair, (trial.seed, 1)), example)
    if _shapes(redrawn) != _shapes(example):
        redrawn = example
    for entry in itertools.islice(further(example, redrawn), 1, MOST_FURTHER):
        if not entry.excused(trial, entry.example):
            yield entry.example


def _others(trial: Trial, wrong_at: Example, example: Example) -> Iterator[Layer]:
    """Yield the same pair at further arguments, and at arguments of other sizes."""
    first = () if wrong_at is example else (example,)
    for other in itertools.chain(first, _tested(trial, example), _more(trial, example)):
        try:
            yield layer_at(trial, other)[0]
        except Exception:
            continue


def _tested(trial: Trial, example: Example) -> Iterator[Example]:
    """Yield the arguments in test mode, where the pair is right: no edit may spoil that."""
    for entry in further(example, example, trial.pair):
        if entry.variant.test and entry.pair is None and not entry.excused(trial, entry.example):
            with contextlib.suppress(Exception):
                if trial.report(entry.example).passed:
                    yield entry.example
            return


def _more(trial: Trial, first: Example) -> Iterator[Example]:
    """Yield the further arguments, then such of other sizes."""
    made = others(first.args, np.random.default_rng(20))
    yield from _further(trial, first)
    yield from (replace(first, args=args) for args in itertools.islice(made, ATTEMPTS))


def layer_at(trial: Trial, example: Example) -> tuple[Layer, str]:
    """Return a pair at some arguments as the checker sees it, and what it is a check of."""
    if not trial.pair.is_loss:
        forward, backward, args = trial.functions(example)
        return valid_layer(forward, backward, args, None), "layer"
    f, gradients, arrays = function_of_loss(trial.pair, copy.deepcopy(example))
    return scalar_layer(f, gradients, arrays), "gradient"


def _shapes(example: Example) -> list[Any]:
    return [np.shape(arg) for arg in example.args if isinstance(arg, np.ndarray)]
