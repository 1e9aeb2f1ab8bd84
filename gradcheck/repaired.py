"""A line that a slip is in, and the edit that repairs it: what a report says of the source."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Repair:
    """A line of the source, and the edit with which everything is right.

    Attributes
    ----------
    file : str
        The file, as Python knows it.
    line, column : int
        Where the edit begins, both from 1.
    before, after : str
        The text that is replaced, and what stands there then; `after` is '' for a suspect line.
    diff : str or None
        A unified diff that ``git apply`` takes; None for a suspect line, or where only the line
        was asked for.
    kind : str
        The kind of the edit, as ``gradcheck explain --edits`` lists them.
    arguments : tuple of str
        The arguments whose gradients it makes right.
    verified_at : int
        At how many other arguments it is right, too; 0 for a suspect line.
    words : str
        The kind in words, such as 'a factor is missing here'.
    text : str
        The whole line.
    side : str
        'backward', or 'forward' for an edit that changes what forward computes instead.

    Examples
    --------
    >>> repair = Repair("homework.py", 15, 12, "dout * mask", "", None, "factor", ("x",), 3,
    ...                 "a factor is missing here", "    return dout * mask")
    >>> print(repair.pointer())
    homework.py:15: return dout * mask
                           ^^^^^^^^^^^
    """

    file: str
    line: int
    column: int
    before: str
    after: str
    diff: str | None
    kind: str
    arguments: tuple[str, ...]
    verified_at: int
    words: str = ""
    text: str = ""
    side: str = "backward"

    @property
    def is_proved(self) -> bool:
        """Whether an edit was proved, and the line is not only suspect."""
        return self.verified_at > 0

    def pointer(self, file: str | None = None) -> str:
        """Return the line with a caret under the expression, on two lines."""
        shown = self.text.strip()
        indent = len(self.text) - len(self.text.lstrip())
        head = f"{self.file if file is None else file}:{self.line}: "
        start = max(self.column - 1 - indent, 0)
        width = min(len(self.before.partition("\n")[0]) or 1, max(1, len(shown) - start))
        return f"{head}{shown}\n{' ' * (len(head) + start)}{'^' * width}"

    def said(self) -> str:
        """Return in one sentence what the edit is, and where it was proved."""
        if not self.is_proved:
            return f"{self.words}: some value here makes every gradient right" if self.words else (
                "suspect: some value here makes every gradient right")
        other = f"{self.verified_at} other argument{'s' * (self.verified_at != 1)}"
        side = ", if forward is what is wrong" if self.side == "forward" else ""
        return f"{self.words}{side} (the edit is right at {other})"

    def lines(self, file: str | None = None) -> list[str]:
        """Return the line, the caret, what it means, and the diff where there is one."""
        return [*self.pointer(file).splitlines(), self.said(),
                *(self.diff.splitlines() if self.diff else [])]

    def only_line(self) -> Repair:
        """Return the repair without the edit: the line, and what kind of slip is in it.

        >>> repair = Repair("a.py", 1, 1, "x", "y", "...", "name", ("x",), 3)
        >>> repair.only_line().diff is None, repair.only_line().after
        (True, '')
        """
        return replace(self, diff=None, after="")

    def to_dict(self) -> dict[str, Any]:
        """Return the repair as plain Python values that JSON can hold."""
        return {**asdict(self), "arguments": list(self.arguments)}
