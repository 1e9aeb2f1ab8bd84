"""Which lines of a submission never ran, as its own process tells it: a shade on its page.

It is asked once the points stand, in a second confined process, as the search for a line is. A
submission that lies about it shades its own page wrongly, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import Any

from gradcheck.grading.apart import ApartError, apart
from gradcheck.grading.hints import (
    GRACE,
    START_SECONDS,
    conventions_of,
    copied,
    layers_of,
    started,
)
from gradcheck.sandbox.sandbox import Budget, SandboxError, SubmissionError

TOOL = "gradcheck.target.unrun"
SECONDS = 6.0
UNTRIED = ("todo", "error")


def with_shades(record: dict[str, Any], request: Mapping[str, Any], requests: int
                ) -> dict[str, Any]:
    """Return a record with the lines that never ran, where it holds sources.

    Parameters
    ----------
    record : dict
        As `Record.to_dict` writes it; its verdicts and points stay as they are.
    request : mapping
        What was asked of the judge.
    requests : int
        A descriptor that becomes readable where nobody waits any more.
    """
    names = [name for name, items in layers_of(record).items()
             if any("sources" in item["details"] for item in items)
             and not any(item["status"] in UNTRIED for item in items)]
    told: dict[str, Any] = {}
    if names:
        with suppress(ApartError):
            told = apart(lambda: dict(_told(request, names, conventions_of(record))),
                         START_SECONDS + SECONDS + GRACE, requests)
    return {**record, "items": [_shaded(item, told.get(item["group"])) for item in record["items"]]}


def _told(request: Mapping[str, Any], names: Iterable[str], conventions: Mapping[str, Any]
          ) -> Iterator[tuple[str, Any]]:
    """Yield what a confined process tells of each layer, as long as it answers."""
    budget = Budget(START_SECONDS + SECONDS)
    with ExitStack() as stack, suppress(SandboxError):
        tools = stack.enter_context(copied())
        box = stack.enter_context(started(request, budget, tools))
        for name in names:
            with suppress(SubmissionError):
                yield name, box.use(TOOL, {"name": name, "conventions": conventions}, budget.left)


def _shaded(item: dict[str, Any], told: Any) -> dict[str, Any]:
    """Return an item with the lines of its own source that are told not to have run."""
    lines = told if isinstance(told, list) else []
    own = {line for source in item["details"].get("sources", ())
           for line in range(source["line"], source["line"] + len(source["text"].splitlines()))}
    unrun = sorted(own.intersection(line for line in lines if type(line) is int))
    if not unrun:
        return item
    return {**item, "details": {**item["details"], "unrun": unrun}}
