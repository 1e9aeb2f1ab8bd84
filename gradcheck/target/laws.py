"""The mask laws of a dropout as one item of a record."""

from __future__ import annotations

import time

from gradcheck.exceptions import reason_of
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.mask_laws.run import CheckResult, each_law
from gradcheck.output.record import Item
from gradcheck.target.exceptions import OURS
from gradcheck.target.pairs import Pair


def laws_item(pair: Pair, conventions: Conventions, strict: bool) -> Item:
    """Hold a dropout to the laws of `gradcheck.mask_laws.run`."""
    impl = conventions.implementation(pair)
    started = time.perf_counter()
    try:
        results = list(each_law(impl, strict=strict))
    except (Exception, *OURS):
        raise
    except BaseException as error:
        return Item(f"{pair.name} laws", pair.base, "error", f"it raised {reason_of(error)}")
    failed = [result for result in results if result.status == "failed"]
    return Item(
        f"{pair.name} laws", pair.base, "failed" if failed else "passed",
        "\n".join(result.message for result in failed), seconds=time.perf_counter() - started,
        arguments=(_count(results),),
        # Good manners are a subject once the mask is right.
        advice=() if failed else tuple(r.message for r in results if r.status == "advice"),
        details={"laws": [result.to_dict() for result in results]},
    )


def _count(results: list[CheckResult]) -> str:
    judged = sum(result.status in ("passed", "failed") for result in results)
    return f"{judged} mask laws"
