"""Run every mutant and every right layer, and print what the checker makes of them."""

from __future__ import annotations

import sys

from . import all_correct, all_mutants
from .judge import judge_correct, judge_mutants, summary


def main() -> int:
    """Print the summary; an argument keeps only the names and codes that contain it."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    mutants = [m for m in all_mutants() if wanted in m.name or wanted in m.code]
    correct = [c for c in all_correct() if wanted in c.name]
    print(summary(judge_mutants(mutants), judge_correct(correct)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
