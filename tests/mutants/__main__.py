"""Run every mutant and every right layer, and print what the checker makes of them."""

from __future__ import annotations

import argparse

import tests.mutants as suite

from .judge import judge_correct, judge_mutants, summary


def main() -> int:
    """Print the summary; exit 1 if a mutant was missed or a right layer failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("wanted", nargs="?", default="", help="part of a name or of a code")
    parser.add_argument("--draw", type=int, default=0, help="give the suite other random numbers")
    options = parser.parse_args()
    suite.DRAW = options.draw
    mutants = judge_mutants(m for m in suite.all_mutants()
                            if options.wanted in m.name or options.wanted in m.code)
    correct = judge_correct(c for c in suite.all_correct() if options.wanted in c.name)
    print(summary(mutants, correct))
    return int(not all(v.detected for v in mutants) or not all(v.passed for v in correct))


if __name__ == "__main__":
    raise SystemExit(main())
