"""Why no line was found for a layer: there was no time, or the process that looks for it ended.

None of a submission's own words are told: the process has been in its hands, and has seen values of
the reference. The kind of an exception is told, and a module of ours that was missing.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping, Sequence

from gradcheck.sandbox.sandbox import SandboxTimeoutError, SubmissionError

NO_LINE = "no line was found for {names}: {why}"
NO_TIME = "there was no time left to look for it"
ENDED = re.compile(r"\((exit code \d{1,3}|signal SIG[A-Z]{1,9}|it closed its pipe)\)$")
OWN_MODULE = re.compile(r"No module named '(gradcheck[.\w]{0,80})'")


def why_unfound(error: BaseException) -> str:
    """Return why a search gave no answer, in words that are none of the submission's.

    Parameters
    ----------
    error : BaseException
        What asking for it raised.

    Examples
    --------
    >>> why_unfound(RuntimeError("using it ended the submission's process (exit code 3)"))
    'the process that looks for it ended (exit code 3)'
    >>> why_unfound(ModuleNotFoundError("No module named 'gradcheck.equal'"))
    "the process that looks for it raised ModuleNotFoundError: No module named 'gradcheck.equal'"
    """
    if isinstance(error, SandboxTimeoutError):
        return NO_TIME
    ended = None if isinstance(error, SubmissionError) else ENDED.search(str(error))
    if ended is not None:
        return f"the process that looks for it ended ({ended[1]})"
    missing = OWN_MODULE.match(str(error))
    kind = next((base.__name__ for base in type(error).__mro__
                 if getattr(builtins, base.__name__, None) is base), "Exception")
    told = f": {missing[0]}" if missing is not None else ""
    return f"the process that looks for it raised {kind}{told}"


def notes_of(silent: Sequence[str], why: Mapping[str, str]) -> list[str]:
    """Return a note for each reason, with the layers that it holds for.

    >>> notes_of(["affine", "relu"], {})
    ['no line was found for affine, relu: there was no time left to look for it']
    """
    groups: dict[str, list[str]] = {}
    for name in silent:
        groups.setdefault(why.get(name, NO_TIME), []).append(name)
    return [NO_LINE.format(names=", ".join(names), why=reason) for reason, names in groups.items()]
