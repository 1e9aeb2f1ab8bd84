"""The mask laws of a dropout: all of them as one item of a record, or each as an item."""

from __future__ import annotations

import time
import unittest
from collections.abc import Collection
from functools import cached_property
from typing import Any

from gradcheck.mask_laws.implementation import DropoutLawError
from gradcheck.mask_laws.run import LAWS, CheckResult, check_dropout, dropout_checks
from gradcheck.output.record import Item
from gradcheck.target.pairs import Pair
from gradcheck.target.settings import Settings


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
        self._pair, self._strict, self._ignored = pair, settings.strict, ignored
        self._impl = settings.conventions.implementation(pair)

    def item(self) -> Item:
        """Return what all laws say together."""
        started = time.perf_counter()
        names = {law.name for law in LAWS}
        results = check_dropout(
            self._impl, strict=self._strict, on_fail=None,
            expected_failures={name: "ignored" for name in self._ignored if name in names})
        failed = [result for result in results if result.status == "failed"]
        advice = () if failed else tuple(  # good manners are a subject once the mask is right
            result.message for result in results if result.status == "advice")
        return self._item(
            "laws", "failed" if failed else "passed",
            "\n".join(result.message for result in failed), time.perf_counter() - started,
            arguments=(_count(results),), advice=advice, details={
                "laws": [result.to_dict() for result in results],
                "ignored": [result.name for result in results if result.status == "xfail"]})

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
            status, message = ("passed", "") if ignored else ("failed", str(error))
        return self._item(law, status, message, time.perf_counter() - started,
                          details={"ignored": ignored})

    @cached_property
    def _checks(self) -> dict[str, Any]:
        return dict(dropout_checks(self._impl, strict=self._strict))

    def _item(self, part: str, status: str, message: str, seconds: float, **more: Any) -> Item:
        joined = f"{self._pair.name} laws" if part == "laws" else f"{self._pair.name}: {part}"
        return Item(joined, self._pair.base, status, message, seconds=seconds, **more)


def _count(results: list[CheckResult]) -> str:
    judged = sum(result.status in ("passed", "failed") for result in results)
    return f"{judged} mask laws"
