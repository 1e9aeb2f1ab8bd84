"""Print the table of codes of `notebooks/pages/codes.md`: python -m notebooks.codes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping

from gradcheck.findings import explain

TITLES = {"and": "where nothing fits"}


def families() -> Mapping[str, Iterable[tuple[str, str]]]:
    """Return the codes of each family, each with what it means."""
    return {family: [(entry.code, entry.meaning) for entry in entries]
            for family, entries in explain.FAMILIES.items()}


def first_sentence(text: str) -> str:
    """Return a text up to its first full stop.

    >>> first_sentence("The factor is wrong, e.g. 0.5. Compare the constants.")
    'The factor is wrong, e.g. 0.5.'
    """
    return re.split(r"(?<=\.) (?=[A-Z])", text, maxsplit=1)[0]


def table() -> str:
    """Return the table as Markdown, a row for each code under a row for its family."""
    rows = ["| code | what is wrong |", "|---|---|"]
    for family, entries in families().items():
        rows.append(f"| **{TITLES.get(family, family)}** | |")
        rows += [f"| `{code}` | {first_sentence(meaning).replace('|', chr(92) + '|')} |"
                 for code, meaning in entries]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
