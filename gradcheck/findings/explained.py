"""The form of an explanation: what a finding means, and two small programs that differ in it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

HEAD = "import numpy as np\n\nfrom gradcheck import {checker}\n\n\n"


@dataclass(frozen=True)
class Explanation:
    """What a finding means, how to recognise it, a wrong example and its repair.

    Attributes
    ----------
    code : str
        The finding's code.
    meaning : str
        What is wrong, and how it comes about.
    sign : str
        How it shows in the numbers.
    given : str
        Source that both programs share, before `wrong` and `right`.
    wrong, right : str
        Source of the wrong part and of its repair.
    call : str
        An expression that checks it.
    """

    code: str
    meaning: str
    sign: str
    given: str
    wrong: str
    right: str
    call: str

    @property
    def wrong_program(self) -> str:
        """A complete program whose `report` has this finding."""
        return self._program(self.wrong)

    @property
    def right_program(self) -> str:
        """The program after the repair; its `report` passes."""
        return self._program(self.right)

    def _program(self, part: str) -> str:
        head = HEAD.format(checker=self.call.partition("(")[0])
        body = "\n\n".join(filter(None, [_dedent(self.given), _dedent(part)]))
        return f"{head}{body}\n\nreport = {self.call}\nprint(report)\n"


@dataclass(frozen=True)
class Given:
    """The half of an example that is right: its source, and the call that checks the whole."""

    source: str
    call: str

    def explain(self, code: str, meaning: str, sign: str, wrong: str, right: str) -> Explanation:
        """Return an explanation on top of this half."""
        return Explanation(code, _one_line(meaning), _one_line(sign), self.source, wrong, right,
                           self.call)


def layer(name: str, source: str, args: str) -> Given:
    """Return a Given that is checked as the layer `name` at `args`."""
    return Given(source, f"check_layer({name}_forward, {name}_backward, {args})")


def _dedent(source: str) -> str:
    return textwrap.dedent(source).strip("\n") + "\n" if source.strip() else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
