"""What a run's summary prints."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .reasons import reason, told
from .run import CRASHES, ENDS, HANGS, Function, Outcome

ALL_ENDS = tuple(dict.fromkeys([*ENDS.values(), CRASHES, HANGS]))


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the tables of a run: ends, statuses, codes, seconds, reasons."""
    functions = [function for outcome in outcomes for function in outcome.functions]
    ends = Counter(outcome.end for outcome in outcomes)
    return "\n".join([
        *_counts(f"{len(outcomes)} files", {end: ends[end] for end in ALL_ENDS}),
        *_counts(f"{len(functions)} functions", Counter(f.status for f in functions)),
        *_counts("first codes", Counter(f.codes[0] for f in functions if f.codes)),
        _seconds(outcomes),
        *_not_judged(outcomes),
    ])


def _counts(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    """Yield a table of counts, the largest first."""
    yield title
    for name, count in sorted(counts.items(), key=lambda entry: -entry[1]):
        yield f"{count:8}  {name}"
    yield ""


def _seconds(outcomes: Sequence[Outcome]) -> str:
    """Return the median, the 90th percentile (the nearest rank) and the slowest file."""
    if not outcomes:
        return "seconds a file: none was checked"
    ranked = sorted(outcomes, key=lambda outcome: outcome.seconds)
    return (f"seconds a file: median {statistics.median(o.seconds for o in ranked):.1f}, "
            f"p90 {ranked[math.ceil(0.9 * len(ranked)) - 1].seconds:.1f}, "
            f"max {ranked[-1].seconds:.1f} ({ranked[-1].file})")


def _not_judged(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yield, for each way not to be judged, its reasons with an example of each."""
    by_end: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for outcome in outcomes:
        if outcome.end != ENDS[0]:
            by_end[outcome.end][reason(told(outcome))].append(outcome)
    for end, reasons in by_end.items():
        yield f"\n{end}: why"
        for line, group in sorted(reasons.items(), key=lambda entry: -len(entry[1])):
            yield f"{len(group):8}  {line}"
            yield f"{'':10}{group[0].file}: {told(group[0])}"


def listing(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yield one line a function that has not passed."""
    for outcome in outcomes:
        for function in outcome.functions:
            if function.status != "passed":
                yield f"{outcome.file}: {function.name}: {_brief(function)}"


def _brief(function: Function) -> str:
    first = function.message.strip().partition("\n")[0]
    return f"{function.verdict}: {first}" if first else function.verdict
