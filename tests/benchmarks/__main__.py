"""Measure everything that has a benchmark, print it beside its targets, say what became slower.

    python -m tests.benchmarks                   print ratios and whole processes, and their targets
    python -m tests.benchmarks --tests           with the README's second command, which is minutes
    python -m tests.benchmarks --one-thread      ratios for a busy machine, in processor time
    python -m tests.benchmarks -o FILE           write the ratios of all suites as JSON, too
    python -m tests.benchmarks --compare FILE    say what is slower by more than 10 % than there

A ratio is our time by that of another's in the same process, or by a floor; no machine's speed is
in it. So a file of one machine says something on another. Keep it outside the repository: with
other libraries, or another number of processors, it says something else. Without PyTorch, only the
ratios to our own floors are there. A floor is what nothing can undercut that does the same work in
NumPy: the forward calls of a check, the matrix products and the calls of NumPy of a step.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.benchmarks import checker, course, dropout, processes, sequences, table, training
from tests.benchmarks.threads import Clock, add_option, clock_of

Suite = Callable[[int, Clock], dict[str, float]]

SUITES: dict[str, Suite] = {
    "checker": checker.ratios,
    "dropout": dropout.ratios,
    "training": training.ratios,
    "course": course.ratios,
    "sequences": sequences.ratios,
    "processes": processes.ratios,
}
TARGETS: dict[str, float] = {f"{suite}: {name}": target for suite, targets in (
    ("training", training.TARGETS), ("dropout", dropout.TARGETS), ("checker", checker.TARGETS))
    for name, target in targets.items()}
ALLOWED = 1.10


def measured(suites: Mapping[str, Suite], rounds: int, clock: Clock) -> dict[str, float]:
    """Return all ratios as 'suite: name'."""
    return {f"{suite}: {name}": round(value, 4) for suite, run in suites.items()
            for name, value in run(rounds, clock).items()}


def slower(now: Mapping[str, float], then: Mapping[str, float]) -> list[str]:
    """Return a line for each ratio that has grown by more than 10 %, the worst first."""
    grown = {name: now[name] / then[name] for name in table.without_floors(now)
             if name in then}
    return [f"{name}: {then[name]:.2f} -> {now[name]:.2f}, {(grown[name] - 1) * 100:.0f} % slower"
            for name in sorted(grown, key=lambda name: -grown[name]) if grown[name] > ALLOWED]


def printed(now: Mapping[str, float], rounds: int, tests: bool) -> list[str]:
    """Return the lines of the table: ratios, then whole processes where they were measured."""
    found = [table.HEAD, *table.lines(now, TARGETS)]
    took = [*(processes.measured(rounds) if any(map(_is_of_a_process, now)) else ()),
            *([processes.of_the_tests()] if tests else ())]
    return [*found, "", processes.HEAD, *(entry.line for entry in took)] if took else found


def _is_of_a_process(name: str) -> bool:
    return name.startswith("processes: ")


def main(argv: Sequence[str] | None = None, suites: Mapping[str, Suite] = SUITES) -> int:
    """Measure, write and compare; return 1 if anything is slower."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", metavar="FILE", type=Path, help="where to write the ratios")
    parser.add_argument("--compare", metavar="FILE", type=Path, help="what -o has written before")
    parser.add_argument("--only", choices=suites, action="append", help="this suite (repeatable)")
    add_option(parser)
    parser.add_argument("--tests", action="store_true", help="run all tests, too, after an install")
    parser.add_argument("--rounds", type=int, default=21, help="measurements of each (default 21)")
    options = parser.parse_args(argv)
    then = json.loads(options.compare.read_text(encoding="utf-8")) if options.compare else {}
    with clock_of(options.one_thread) as clock:
        now = measured({name: suites[name] for name in options.only or suites}, options.rounds,
                       clock)
    if options.o:
        text = json.dumps(now, indent=1, sort_keys=True)
        options.o.write_text(f"{text}\n", encoding="utf-8")
    if not options.compare:
        print("\n".join(printed(now, options.rounds, options.tests)))
        return 0
    found = slower(now, then)
    now, then = table.without_floors(now), table.without_floors(then)
    missing = sorted(then.keys() - now.keys()) if not options.only else []
    print("\n".join([*found, *(f"{name}: not measured" for name in missing)])
          or f"none of {len(now.keys() & then.keys())} ratios has grown by more than 10 %")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
