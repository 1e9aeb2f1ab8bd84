"""The mask laws of a dropout as one item of a record."""

from __future__ import annotations

import time

from gradcheck.exceptions import reason_of
from gradcheck.mask_laws.implementation import DropoutImplementation
from gradcheck.mask_laws.run import CheckResult, check_dropout
from gradcheck.output.record import Item
from gradcheck.target.conventions import Conventions
from gradcheck.target.exceptions import OURS
from gradcheck.target.pairs import Pair


def laws_item(pair: Pair, conventions: Conventions, strict: bool) -> Item:
    """Hold a dropout to the laws of `gradcheck.mask_laws.run`.

    A vanilla_dropout scales at test time whatever the conventions say.
    """
    assert pair.backward is not None
    scaling = "vanilla" if pair.base == "vanilla_dropout" else conventions.scaling
    impl = DropoutImplementation(pair.forward, pair.backward, conventions.p_is, scaling,
                                 conventions.seeding, pair.name)
    started = time.perf_counter()
    try:
        results = check_dropout(impl, strict=strict, on_fail=None)
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
