"""Judge every case, and print what the checker makes of them: `python -m tests.gradcheck.findings`.

Exits with 1 if a wrong backward was missed or a right layer failed.
"""

from __future__ import annotations

import argparse

from tests.gradcheck.findings import cases
from tests.gradcheck.findings.cases import PASSED, Verdict


def summary(wrong: list[Verdict], right: list[Verdict]) -> str:
    """Say totals and rates, then every missed, misnamed and falsely failed case."""
    missed = [verdict for verdict in wrong if not verdict.detected]
    misnamed = [verdict for verdict in wrong if verdict.detected and not verdict.first]
    false = [verdict for verdict in right if not verdict.passed]
    count = max(1, len(wrong))
    lines = [
        f"{len(wrong)} wrong backwards of {len({verdict.case.code for verdict in wrong})} codes, "
        f"{len(right)} right layers, {sum(v.seconds for v in wrong + right):.1f} s",
        f"detected {1 - len(missed) / count:.1%}, right code first "
        f"{sum(v.first for v in wrong) / count:.1%}, among the findings "
        f"{sum(v.among for v in wrong) / count:.1%}, false failures {len(false)}",
    ]
    for title, verdicts in (("missed (wanted, got)", missed), ("misnamed (wanted, got)", misnamed),
                            ("false failures", false)):
        if verdicts:
            lines += ["", f"{title}: {len(verdicts)}", *(f"  {verdict}" for verdict in verdicts)]
    slow = [verdict for verdict in wrong + right if verdict.seconds > 1]
    if slow:
        lines += ["", "slower than a second:"]
        lines += [f"  {verdict.case.name:66s} {verdict.seconds:.1f} s" for verdict in slow]
    return "\n".join(lines)


def main() -> int:
    """Judge the cases whose name or code contains what is wanted."""
    parser = argparse.ArgumentParser(prog="python -m tests.gradcheck.findings", description=__doc__)
    parser.add_argument("wanted", nargs="?", default="", help="part of a name or of a code")
    parser.add_argument("--draw", type=int, default=0, help="give the suite other random numbers")
    options = parser.parse_args()
    cases.DRAW = options.draw
    verdicts = [cases.judge(case) for case in cases.all_cases()
                if options.wanted in case.name or options.wanted in case.code]
    wrong = [verdict for verdict in verdicts if verdict.case.code != PASSED]
    right = [verdict for verdict in verdicts if verdict.case.code == PASSED]
    print(summary(wrong, right))
    return int(not all(v.detected for v in wrong) or not all(v.passed for v in right))


if __name__ == "__main__":
    raise SystemExit(main())
