"""Judges a submission's dropout law by law."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from gradcheck.exceptions.words import reason_of
from gradcheck.grading.judge import Verdict
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.mask_laws.folding import for_an_author
from gradcheck.mask_laws.implementation import DropoutImplementation, DropoutLawError, Probe
from gradcheck.mask_laws.registry import COMMON_LAWS, STRICT_LAWS
from gradcheck.mask_laws.run import each_law
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
    impl = conventions.implementation(pair)
    idle = _idle(impl)
    perfect = True
    for result in each_law(impl, COMMON_LAWS, reason_of=reason_of):
        if result.name in ignored:
            yield Verdict(result.name, "skipped", "ignored")
            continue
        status, message = result.status, for_an_author(result.message, conventions)
        if status == "passed" and idle:
            status, message = "failed", f"{result.name}: {idle}"
        perfect = perfect and status != "failed"
        yield Verdict(result.name, status, message)
    # Good manners are a subject once the mask is right.
    polite = each_law(impl, STRICT_LAWS, reason_of=reason_of) if perfect else ()
    yield Verdict("advice", "passed", advice=tuple(
        result.message for result in polite
        if result.status == "advice" and result.name not in ignored))


def _idle(impl: DropoutImplementation) -> str:
    """Say so if forward drops nothing or everything; a failure of another kind is the laws' own."""
    try:
        kept = int(Probe(impl).kept(np.ones(1000), 0.5).sum())
    except DropoutLawError:
        return ""
    if 0 < kept < 1000:
        return ""
    return NOTHING_DROPPED.format(what="keeps each" if kept else "drops each")
