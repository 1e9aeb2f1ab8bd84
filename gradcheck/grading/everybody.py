"""What counts for a class without a table of points: the same for everybody.

The union of what its submissions define and the references know, read from their text: a file that
cannot be imported, or that hangs, counts in it like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

from gradcheck.target.names import CHARACTER, as_read
from gradcheck.target.pairs import Pair, find_pairs

# Defined or assigned at the top of a file.
NAME = f"({CHARACTER}{{1,100}})"
DEFINED = re.compile(rf"^def\s+{NAME}\s*\(|^{NAME}\s*=[^=]", re.M)
HALF = re.compile(r"_(forward|backward)(?=_|$)")
MOST_BYTES = 1 << 22


def names_of_all(paths: Iterable[Path], known: Mapping[str, Pair]) -> list[str]:
    """Return what counts for each of these submissions; nothing where none has a known name.

    Parameters
    ----------
    paths : iterable of Path
        The submissions.
    known : mapping
        The references by name.

    Examples
    --------
    >>> import tempfile
    >>> pair = Pair("relu", "relu", abs, abs)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.py")
    ...     _ = file.write_text("def relu_forward(x): return (")
    ...     names_of_all([file], {"relu": pair, "tanh": pair})
    ['relu']
    """
    there = dict.fromkeys(name for path in paths for name in _names_in(path))
    module = ModuleType("class")
    for name in there:
        vars(module).update(dict.fromkeys([name, *_halves(name)], _defined))
    found = {pair.name for pair in find_pairs(module, imported=True).pairs}
    return [name for name in known if name in found]


def _defined() -> None:
    """Stand for a function that a submission defines."""


def _halves(name: str) -> list[str]:
    """Return both halves of the pair that a function is one of."""
    return [HALF.sub(f"_{way}", name, count=1) for way in ("forward", "backward")
            if HALF.search(name)]


def _names_in(path: Path) -> list[str]:
    if not path.is_file():  # to open a pipe is to wait for whoever writes into it
        return []
    try:
        with open(path, "rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    return [one or other for one, other in DEFINED.findall(as_read(text))]
