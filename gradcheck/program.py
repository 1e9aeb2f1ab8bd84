"""Small programs that show something wrong, and what they look like once it is right."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

HEAD = "import numpy as np\n\nfrom gradcheck import {checker}\n\n\n"
WIDTH = 88


@dataclass(frozen=True)
class Given:
    """The half of an example that is right: its source, and the call that checks the whole.

    Attributes
    ----------
    source : str
        What both programs share.
    call : str
        A call of one of gradcheck's functions.
    result : str
        What the program calls its result.

    Examples
    --------
    >>> print(Given("x = np.ones(3)", "rel_error(x, y)", "error").program("y = 2 * x"))
    import numpy as np
    <BLANKLINE>
    from gradcheck import rel_error
    <BLANKLINE>
    <BLANKLINE>
    x = np.ones(3)
    <BLANKLINE>
    <BLANKLINE>
    y = 2 * x
    <BLANKLINE>
    <BLANKLINE>
    error = rel_error(x, y)
    print(error)
    <BLANKLINE>
    """

    source: str
    call: str
    result: str = "report"

    def program(self, part: str = "") -> str:
        """Return a whole program with a wrong or a right part, which prints its result."""
        head = HEAD.format(checker=self.call.partition("(")[0])
        body = "\n\n".join(filter(None, [dedented(self.source), dedented(part)]))
        return f"{head}{body}\n\n{self.result} = {self.call}\nprint({self.result})\n"


def dedented(source: str) -> str:
    """Return a program's part without the margin that it has inside another."""
    return textwrap.dedent(source).strip("\n") + "\n" if source.strip() else ""


def page(name: str, paragraphs: Iterable[str], wrong: str, right: str) -> str:
    """Return what `gradcheck explain` prints: a name, what it means, a wrong program, the repair.

    >>> print(page("odd", ["It is odd.", "How to recognise it: it is 1."], "x = 1", "x = 2"))
    odd
    <BLANKLINE>
    It is odd.
    <BLANKLINE>
    How to recognise it: it is 1.
    <BLANKLINE>
    Wrong:
    <BLANKLINE>
        x = 1
    <BLANKLINE>
    Right:
    <BLANKLINE>
        x = 2
    """
    parts = [name, *(textwrap.fill(text, WIDTH) for text in paragraphs),
             "Wrong:", textwrap.indent(dedented(wrong), "    ").rstrip("\n"),
             "Right:", textwrap.indent(dedented(right), "    ").rstrip("\n")]
    return "\n\n".join(parts)


def first_sentence(text: str) -> str:
    r"""Return the first sentence of a text, in one line.

    >>> first_sentence("It is odd. So\n    look again.")
    'It is odd.'
    """
    told = " ".join(text.split())
    return f"{told.partition('. ')[0].rstrip('.')}."


def hanging(name: str, text: str, column: int) -> str:
    """Return a name with a text beside it, whose further lines stand below its first.

    >>> print(hanging("odd", "It is " + "very " * 18 + "odd.", 5))
      odd  It is very very very very very very very very very very very very very very very
           very very very odd.
    """
    return textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=f"  {name:{column}}",
                         subsequent_indent=" " * (column + 2), break_on_hyphens=False)
