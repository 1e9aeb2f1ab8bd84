"""The diff of an edit, with the line ends that the file itself has, so that it applies."""

from __future__ import annotations

import codecs
import contextlib
import difflib
import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from gradcheck.output.plain import quoted

MARK = "\ufeff"


def unified(path: str, before: Sequence[str], after: Sequence[str]) -> str:
    r"""Return a diff that ``git apply`` takes.

    Python reads every line as one that ends in a line feed. Where the file can be read, the diff
    has its lines as they stand there: with carriage returns, or without an end at the last one.

    >>> print(unified("a.py", ["x = 1\n"], ["x = 2\n"]), end="")
    --- a/a.py
    +++ b/a.py
    @@ -1 +1 @@
    -x = 1
    +x = 2
    """
    before, after = _as_in_file(path, before, after)
    with contextlib.suppress(OSError, ValueError):  # another drive, or no current folder
        inside = os.path.relpath(path)
        path = path if inside.startswith(os.pardir) else inside
    name = PurePath(path).as_posix().lstrip("/")
    lines = difflib.unified_diff(before, after, quoted(f"a/{name}"), quoted(f"b/{name}"))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
                   for line in lines)


def _as_in_file(path: str, before: Sequence[str], after: Sequence[str]
                ) -> tuple[Sequence[str], Sequence[str]]:
    """Return both with the file's own line ends, and with its mark of the byte order."""
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError):  # a cell's, or gone
        return before, after
    ends = [_end(line) for line in data.splitlines(keepends=True)]
    if not before or len(ends) != len(before) or not after:
        return before, after
    own = [line.removesuffix("\n") + end for line, end in zip(before, ends, strict=True)]
    new = _edited(before, after, own, ends)
    if data.startswith(codecs.BOM_UTF8):
        own[0], new[0] = (MARK + lines[0].removeprefix(MARK) for lines in (own, new))
    return own, new


def _end(line: bytes) -> str:
    return line[len(line.rstrip(b"\r\n")):].decode()


def _edited(before: Sequence[str], after: Sequence[str], own: Sequence[str], ends: Sequence[str]
            ) -> list[str]:
    """Return the edited lines: what stays as in the file, what is new as most of it ends."""
    usual = max(ends, key=ends.count) or "\n"
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    stays = {block.b + i: own[block.a + i]
             for block in matcher.get_matching_blocks() for i in range(block.size)}
    new = [stays.get(i, line.removesuffix("\n") + usual) for i, line in enumerate(after)]
    whole = [line if _ended(line) else line + usual for line in new]
    return whole if ends[-1] else [*whole[:-1], whole[-1].rstrip("\r\n")]


def _ended(line: str) -> bool:
    return line.endswith(("\n", "\r"))
