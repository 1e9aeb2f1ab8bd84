"""Print the table of codes of `notebooks/pages/codes.md`: python -m notebooks.codes."""

from __future__ import annotations

import re
import sys

from gradcheck.findings.registry import families

TITLES = {"whole": "the gradient as a whole", "masks": "masks and piecewise functions"}


def first_sentence(text: str) -> str:
    """Return a text up to its first full stop.

    >>> first_sentence("The factor is wrong, e.g. 0.5. Compare the constants.")
    'The factor is wrong, e.g. 0.5.'
    """
    return re.split(r"(?<=\.) (?=[A-Z])", text, maxsplit=1)[0]


def table() -> str:
    """Return the table as Markdown, a row for each code under a row for its family."""
    rows = ["| code | what is wrong |", "|---|---|"]
    for family, rules in families().items():
        if rules:
            rows.append(f"| **{TITLES.get(family, family)}** | |")
        rows += [f"| `{rule.code}` | {first_sentence(rule.meaning).replace('|', chr(92) + '|')} |"
                 for rule in rules]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
