"""Judges a submission's dropout law by law."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Collection, Iterator

import numpy as np

from gradcheck.exceptions import reason_of
from gradcheck.grading.judge import Verdict
from gradcheck.mask_laws.implementation import DropoutImplementation, DropoutLawError, Probe
from gradcheck.mask_laws.run import LAWS, dropout_checks
from gradcheck.target.conventions import Conventions
from gradcheck.target.pairs import Pair

NOTHING_DROPPED = (
    "in train mode at p = 0.5 forward {what} of 1000 units; the laws of a dropout count once it "
    "drops some and keeps some. Likely slip: mode is not looked at, or the mask is not applied"
)


def judge_laws(pair: Pair, conventions: Conventions, ignored: Collection[str] = ()
               ) -> Iterator[Verdict]:
    """Hold a dropout to every law.

    Parameters
    ----------
    pair : Pair
        The submission's functions.
    conventions : Conventions
        What p means, where the scale is, and what governs the mask; a vanilla_dropout scales at
        test time whatever they say.
    ignored : collection of str
        Laws that do not count.

    Yields
    ------
    Verdict
        For each law; last for 'advice', with what the laws beyond common practice have to say.
        A function that drops nothing, or everything, obeys many laws and earns nothing.
    """
    assert pair.backward is not None
    scaling = "vanilla" if pair.name == "vanilla_dropout" else conventions.scaling
    impl = DropoutImplementation(pair.forward, pair.backward, conventions.p_is, scaling,
                                 conventions.seeding, pair.name)
    idle = _idle(impl)
    kinds = {law.name: law.kind for law in LAWS}
    advice, perfect = [], True
    for name, check in dropout_checks(impl, strict=True):
        if kinds[name] == "strict":
            if perfect and name not in ignored:
                status, message = _outcome(name, check)
                advice += [message] if status == "failed" else []
            continue
        if name in ignored:
            yield Verdict(name, "skipped", "ignored")
            continue
        status, message = _outcome(name, check)
        if status == "passed" and idle:
            status, message = "failed", f"{name}: {idle}"
        perfect = perfect and status != "failed" and not idle
        yield Verdict(name, status, message)
    yield Verdict("advice", "passed", advice=tuple(advice))


def _outcome(name: str, check: Callable[[], None]) -> tuple[str, str]:
    """Return the status of one law, and why."""
    try:
        check()
    except unittest.SkipTest as skip:
        return "skipped", str(skip)
    except DropoutLawError as error:
        return "failed", str(error)
    except Exception as error:
        return "failed", f"{name}: {reason_of(error)}"
    return "passed", ""


def _idle(impl: DropoutImplementation) -> str:
    """Say so if forward drops nothing or everything; a failure of another kind is the laws' own."""
    try:
        kept = int(Probe(impl).kept(np.ones(1000), 0.5).sum())
    except DropoutLawError:
        return ""
    if 0 < kept < 1000:
        return ""
    return NOTHING_DROPPED.format(what="keeps each" if kept else "drops each")
