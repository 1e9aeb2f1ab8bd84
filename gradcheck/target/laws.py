"""The mask laws of a dropout: all of them as one item of a record, or each as an item."""

from __future__ import annotations

import time
import unittest
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from gradcheck.mask_laws.folding import Slip, proposal, slips_of
from gradcheck.mask_laws.implementation import DropoutImplementation, DropoutLawError
from gradcheck.mask_laws.run import LAWS, CheckResult, check_dropout, dropout_checks
from gradcheck.output.record import Item
from gradcheck.target.kept import keeps_share_p
from gradcheck.target.pairs import Pair
from gradcheck.target.rows import by_rows, refused_dimensions
from gradcheck.target.settings import KEPT, Settings

# Laws of good manners, and the finding that says the same of any layer.
MANNERS = {"dout_untouched": "dout-mutated", "x_untouched": "input-mutated",
           "param_untouched": "input-mutated"}

# Laws that a wrong gradient breaks, too.
OF_BACKWARD = frozenset({"backward_uses_forward_mask", "backward_where_x_is_zero",
                         "backward_is_linear", "backward_repeats", "test_mode_backward"})
ABOVE = "the slip in the gradient above breaks {}, too"
MASK_RIGHT = "; no law of the mask itself is broken"


def law_names(strict: bool = False) -> list[str]:
    """Return the names of the laws; of those beyond common practice where that is wanted."""
    return [law.name for law in LAWS if strict or law.kind != "strict"]


class Laws:
    """A dropout, and the laws that it is held to.

    A vanilla_dropout scales at test time whatever the conventions say. Laws that are `ignored` may
    be broken.

    Examples
    --------
    >>> laws = Laws(Pair("dropout", "dropout", lambda x, param: (x, 0), lambda d, c: d), Settings())
    >>> laws.item_of("rate").status
    'failed'
    """

    def __init__(self, pair: Pair, settings: Settings, ignored: Collection[str] = ()) -> None:
        assert pair.backward is not None
        self._pair, self._settings, self._ignored = pair, settings, frozenset(ignored)
        given = settings.conventions_of(pair.forward).implementation(pair)
        refused = refused_dimensions(given)
        self._remarks = list(filter(None, (settings.told_of_p(pair.forward), refused)))
        if refused:
            forward, backward = by_rows(pair.forward, pair.backward)
            given = replace(given, forward=forward, backward=backward)
        self._given = given

    def item(self, gradient_wrong: bool = False) -> Item:
        """Return what all laws say together; what a wrong gradient has told is told shortly."""
        started = time.perf_counter()
        results = self._kept_results or self._results(self._impl)
        failed = [result for result in results if result.status == "failed"]
        slips = slips_of(failed)
        behind = {other.name: slip.law.name for slip in slips for other in slip.others}
        advice = () if failed else tuple(  # good manners are a subject once the mask is right
            result.message for result in results if result.status == "advice")
        return self._item(
            "laws", _status({result.name for result in failed}),
            self._told(failed, slips, gradient_wrong), time.perf_counter() - started,
            arguments=(_count(results),), advice=(*self._remarks, *self._behaviour, *advice),
            details={"laws": [{**result.to_dict(), **_followed(behind, result.name)}
                              for result in results],
                     "ignored": [result.name for result in results if result.status == "xfail"]})

    @staticmethod
    def _told(failed: list[CheckResult], slips: list[Slip], gradient_wrong: bool) -> str:
        """Return what is wrong, each slip once; that another convention fits, at the top."""
        above = [slip for slip in slips if gradient_wrong and slip.law.name in OF_BACKWARD]
        told = [slip.message for slip in slips if slip not in above]
        if above:
            names = " and ".join(slip.law.name for slip in above)
            told.append(ABOVE.format(names) + MASK_RIGHT * (not told))
        return "\n".join(filter(None, [proposal(failed), *told]))

    @property
    def implementation(self) -> DropoutImplementation:
        """The dropout in the conventions that it is judged by."""
        return self._impl

    def _results(self, impl: DropoutImplementation) -> list[CheckResult]:
        names = {law.name for law in LAWS}
        return check_dropout(
            impl, strict=self._settings.strict, on_fail=None,
            expected_failures={name: "ignored" for name in names
                               if not self._ignored.isdisjoint({name, MANNERS.get(name, name)})})

    @cached_property
    def _impl(self) -> DropoutImplementation:
        """The dropout, with p as what it takes it for."""
        return replace(self._given, p_is="keep") if self._kept_results else self._given

    @cached_property
    def _kept_results(self) -> list[CheckResult]:
        """What the laws say with p as the probability of keeping, where that is left open.

        Its calls must bear that out. Laws that it breaks either way say nothing against it.
        """
        impl = replace(self._given, p_is="keep")
        if not self._settings.leaves_p_open(self._pair.forward) or not keeps_share_p(self._given):
            return []
        return self._results(impl)

    @property
    def _behaviour(self) -> list[str]:
        return [KEPT.format("as it behaves")] if self._kept_results else []

    def item_of(self, law: str) -> Item:
        """Return what one law says."""
        started = time.perf_counter()
        status, message, ignored = "passed", "", []
        try:
            self._checks[law]()
        except unittest.SkipTest as skip:
            status, message = "skipped", str(skip)
        except DropoutLawError as error:
            ignored = [law] if law in self._ignored else []
            status, message = ("passed", "") if ignored else ("failed", _of_plugin(error))
        return self._item(law, status, message, time.perf_counter() - started,
                          details={"ignored": ignored})

    @cached_property
    def _checks(self) -> dict[str, Any]:
        return dict(dropout_checks(self._impl, strict=self._settings.strict))

    def _item(self, part: str, status: str, message: str, seconds: float, **more: Any) -> Item:
        joined = f"{self._pair.name} laws" if part == "laws" else f"{self._pair.name}: {part}"
        return Item(joined, self._pair.base, status, message, seconds=seconds, **more)


def _of_plugin(error: DropoutLawError) -> str:
    """Return what a broken law says, with pytest's flags where another convention fits."""
    result = CheckResult(error.law, "failed", str(error))
    said = Slip(result).message
    other = proposal([result], "--gradcheck-", python=False)
    return f"{other}\n{said}" if other else said


def _followed(behind: Mapping[str, str], name: str) -> dict[str, str]:
    """Return the law that is told in place of this one, where there is one."""
    return {"follows": behind[name]} if name in behind else {}


def _status(failed: set[str]) -> str:
    """Return what broken laws mean: those of manners alone are no failure."""
    return "passed" if not failed else "warned" if failed <= MANNERS.keys() else "failed"


def _count(results: list[CheckResult]) -> str:
    judged = sum(result.status in ("passed", "failed") for result in results)
    return f"{judged} mask laws"
