"""The line of a dropout that breaks laws of the mask: edits of it, with the laws as judges."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.check import check_layer
from gradcheck.examples.candidates import Example
from gradcheck.generators import global_generators_restored
from gradcheck.mask_laws.implementation import DropoutImplementation, DropoutLawError, Probe
from gradcheck.mask_laws.law import Law
from gradcheck.mask_laws.run import COMMON_LAWS
from gradcheck.mask_laws.samples import Samples
from gradcheck.mask_laws.search import design
from gradcheck.repair.judged import repairs_by
from gradcheck.repaired import Repair

# What is no matter of the mask's distribution, and has an edit of its own.
OF_ITS_OWN = {"dtype"}
TESTED = "test_mode"
# The kinds of edits to try first where test mode is wrong, where too many or too few units are
# kept, and where neither is.
TEST = ("deletion", "name", "sign")
RATE = ("comparison", "name", "sign", "constant")
SCALE = ("factor", "operator", "name", "constant")


def mask_repairs(impl: DropoutImplementation, example: Example, broken: Collection[str],
                 ignored: Collection[str], seconds: float) -> tuple[Repair, ...]:
    """Return the edit of forward with which every law of the mask holds, or nothing.

    Parameters
    ----------
    impl : DropoutImplementation
        The dropout, in its own conventions.
    example : Example
        Arguments of forward.
    broken : collection of str
        The names of the laws that it breaks.
    ignored : collection of str
        Those of laws that need not hold.
    seconds : float
        At most.
    """
    apart = OF_ITS_OWN if set(broken) - OF_ITS_OWN else set()
    laws = [law for law in COMMON_LAWS if law.name not in {*ignored, *apart}]
    first = [law for law in laws if law.name in broken]
    others = [law for law in laws if law.name not in broken]

    def gradient_right() -> bool:
        report = check_layer(impl.forward, impl.backward, *copy.deepcopy(example.args),
                             progress=False)
        return report.status in ("passed", "warned")

    judges = [lambda: _hold(impl, first), gradient_right, lambda: _hold(impl, others)]
    mode = {"mode": "test"} if TESTED in broken else {}  # whose lines are to be seen running
    args = [{**arg, **mode} if isinstance(arg, dict) else arg for arg in example.args]
    return repairs_by(lambda: impl.forward(*copy.deepcopy(args)), judges, side="mask",
                      first=TEST if mode else RATE if "rate" in broken else SCALE,
                      verified=len(laws), seconds=seconds)


def _hold(impl: DropoutImplementation, laws: Sequence[Law]) -> bool:
    """Whether laws hold; the smallest example of a broken one is not looked for."""
    probe = Probe(impl)
    samples = Samples(probe)
    return all(_holds(law, probe, samples)
               for law in sorted(laws, key=lambda law: law.kind == "statistical"))


def _holds(law: Law, probe: Probe, samples: Samples) -> bool:
    with global_generators_restored(law.name), np.errstate(all="ignore"):
        try:
            for arguments in _arguments(law, probe, samples):
                law.check(*arguments)
        except DropoutLawError:
            return False
        except Exception as error:
            return type(error).__name__ == "SkipTest"
    return True


def _arguments(law: Law, probe: Probe, samples: Samples) -> Iterator[tuple[Any, ...]]:
    if law.kind != "deterministic":
        yield (samples if law.kind == "statistical" else probe,)
        return
    for example in design(probe.controllable):
        probe.refresh()
        yield probe, example.copy()
