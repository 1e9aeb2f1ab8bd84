"""Which laws of dropout hold in which framework: the table of `gradcheck conformance`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from tqdm import tqdm

from gradcheck.adapters.frameworks import PeerMissing, dropout_named
from gradcheck.mask_laws.run import LAWS, CheckResult, check_dropout

MARKS = {"passed": "yes", "failed": "no", "skipped": "-"}


def conformance(names: Sequence[str]) -> tuple[dict[str, list[CheckResult]], dict[str, str]]:
    """Hold dropouts to every law, those beyond common practice included.

    Parameters
    ----------
    names : sequence of str
        See `gradcheck.adapters.frameworks.dropout_named`.

    Returns
    -------
    results : dict
        Name to list of CheckResult.
    missing : dict
        Name to the reason why it was not judged.
    """
    results, missing = {}, {}
    for name in tqdm(names, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False):
        try:
            impl = dropout_named(name)
        except PeerMissing as reason:
            missing[name] = str(reason)
            continue
        results[name] = check_dropout(impl, strict=True, on_fail=None)
    return results, missing


def versioned(name: str) -> str:
    """Return a framework's name with the version of its package."""
    package = name.partition(".")[0]
    try:
        return f"{name} {version(package)}"
    except PackageNotFoundError:
        return name


def table(results: dict[str, list[CheckResult]]) -> str:
    """Return a Markdown table of laws by frameworks, and what is wrong where the answer is no."""
    status = {name: {result.name: result for result in of} for name, of in results.items()}
    lines = ["| law | " + " | ".join(map(versioned, results)) + " |",
             "|---|" + "---|" * len(results)]
    notes: dict[str, int] = {}
    for law in LAWS:
        cells = []
        for name in results:
            result = status[name][law.name]
            mark = MARKS[result.status]
            if mark == "no":
                mark += f" ({notes.setdefault(f'{name}: {result.message}', len(notes) + 1)})"
            cells.append(mark)
        lines.append(f"| {law.name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"{number}. {note}" for note, number in notes.items())])
