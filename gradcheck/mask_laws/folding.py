"""One slip is one message: the law that decides, and those that fail for the same reason.

A mask that is shared by rows breaks fifteen laws. The one that names the slip is told, the others
are counted behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradcheck.mask_laws.conventions import Conventions
from gradcheck.mask_laws.law import CheckResult
from gradcheck.mask_laws.registry import COMMON_LAWS

SHARING = "units of one mask share decisions"
SETTING = re.compile(r"; if that is meant, set (p_is|scaling|seeding)='(\w+)'")
FLAGS = {"p_is": "p-is", "scaling": "scaling", "seeding": "seeding"}
OF_THE_MASK = frozenset(law.name for law in COMMON_LAWS if law.kind == "statistical") | {
    "p_zero_is_identity", "seed_repeats", "backward_where_x_is_zero"}
OF_A_CALL = frozenset(law.name for law in COMMON_LAWS if law.kind != "statistical")
SHOWN = 3


@dataclass(frozen=True)
class Slip:
    """What is wrong once.

    Attributes
    ----------
    law : CheckResult
        The law that decides.
    others : tuple of CheckResult
        Those that fail for the same reason.
    """

    law: CheckResult
    others: tuple[CheckResult, ...] = ()

    @property
    def message(self) -> str:
        """What the law says, without a proposal of another convention, and how many others fail."""
        said = SETTING.sub("", self.law.message)
        if not self.others:
            return said
        names = [other.name for other in self.others]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        number = f"{len(names)} more law{'s fail' if len(names) > 1 else ' fails'}"
        return f"{said}\n  {number} for the same reason: {', '.join(names[:SHOWN])}{more}"


def _always(result: CheckResult) -> bool:
    return True


def _is_shared(result: CheckResult) -> bool:
    """Whether neighbours agree, or a line is kept, far more or less often than by chance."""
    seen, chance = (float(result.evidence.get(name, 0)) for name in ("observed", "expected"))
    off = abs(seen - chance)
    # of several counts beyond all chance the first is told, which need not be the farthest off
    return off > 0.2 * (1 - chance) or (off > 0.05 and result.evidence.get("chance") == 0)


def _is_fixed(result: CheckResult) -> bool:
    """Whether nearly every count lies in the middle."""
    return " lie in [" in result.message and float(result.evidence.get("observed", 0)) > 0.9


def _is_its_own(result: CheckResult) -> bool:
    """Whether a law is not broken just because units share decisions."""
    return SHARING not in result.message


# A law that decides, when it does, and what fails with it; the first that fits is told.
DECIDING: tuple[tuple[str, Callable[[CheckResult], bool], frozenset[str]], ...] = (
    ("runs", _always, OF_A_CALL),
    ("independence_of_x", _always, OF_THE_MASK),
    ("fresh_mask_each_call", _is_its_own, OF_THE_MASK),
    ("seed_repeats", _always, OF_THE_MASK | {"large_arrays", "interleaved_forwards"}),
    ("other_seed_differs", _is_its_own, OF_THE_MASK),
    ("axes", _is_shared, OF_THE_MASK),
    ("rate", _is_its_own, OF_THE_MASK),
    ("count_is_binomial", _is_fixed, OF_THE_MASK),
    ("rate_on_every_shape", _is_its_own, OF_THE_MASK),
    ("rate_at_extreme_p", _is_its_own, OF_THE_MASK),
    ("positions", _always, OF_THE_MASK),
    ("far_pairs", _always, OF_THE_MASK),
    ("count_is_binomial", _always, OF_THE_MASK),
    ("lags", _always, OF_THE_MASK),
    ("axes", _always, OF_THE_MASK),
    ("patterns", _always, OF_THE_MASK),
    ("small_arrays", _always, OF_THE_MASK),
    ("values", _always, frozenset({"p_zero_is_identity", "expectation", "large_arrays", "float16",
                                   "memory_layouts", "backward_uses_forward_mask"})),
    ("backward_uses_forward_mask", _always, frozenset({
        "backward_where_x_is_zero", "backward_is_linear", "interleaved_forwards", "large_arrays",
        "memory_layouts", "p_zero_is_identity", "test_mode_backward", "backward_repeats"})),
    ("backward_is_linear", _always, frozenset({"large_arrays", "test_mode_backward"})),
    ("test_mode", _always, frozenset({"test_mode_backward", "expectation"})),
    ("memory_layouts", _always, frozenset({"large_arrays"})),
)


def slips_of(results: Sequence[CheckResult]) -> list[Slip]:
    """Return the broken laws by what is wrong, the law that decides first.

    Examples
    --------
    >>> broken = [CheckResult(name, "failed", f"{name}: no") for name in ("lags", "rate", "dtype")]
    >>> [(slip.law.name, len(slip.others)) for slip in slips_of(broken)]
    [('rate', 1), ('dtype', 0)]
    """
    left = [result for result in results if result.status == "failed"]
    slips = []
    for name, decides, followers in DECIDING:
        law = next((result for result in left if result.name == name), None)
        if law is None or not decides(law):
            continue
        others = [result for result in left if result is not law and (
            result.name in followers or _same_words(result, law))]
        left = [result for result in left if result is not law and result not in others]
        slips.append(Slip(law, tuple(others)))
    while left:
        law, *rest = left
        others = [result for result in rest if _same_words(result, law)]
        left = [result for result in rest if result not in others]
        slips.append(Slip(law, tuple(others)))
    return slips


def _same_words(one: CheckResult, two: CheckResult) -> bool:
    """Whether two laws name the same slip, or the same exception."""
    raised = one.evidence.get("error")
    if raised is not None and raised == two.evidence.get("error"):
        return True
    words = [result.error.slip if result.error else "" for result in (one, two)]
    return bool(words[0]) and words[0] == words[1]


def for_an_author(message: str, conventions: Conventions) -> str:
    """Return a law's message for whom another sets the flags, where it proposes a convention.

    >>> for_an_author("rate: 1; if that is meant, set p_is='keep'.", Conventions())
    'rate: 1; if that is meant, ask: it is graded with --p-is drop.'
    """
    return SETTING.sub(lambda found: f"; if that is meant, ask: it is graded with "
                       f"--{FLAGS[found[1]]} {getattr(conventions, found[1])}", message)


def proposal(results: Sequence[CheckResult], prefix: str = "--", python: bool = True) -> str:
    """Return which flags judge a dropout by the convention that it fits; '' for none.

    Parameters
    ----------
    results : sequence of CheckResult
        What the laws say.
    prefix : str
        How flags begin there.
    python : bool
        Whether the keyword from Python is told, too.

    Examples
    --------
    >>> result = CheckResult("rate", "failed", "rate: 1; if that is meant, set p_is='keep'.")
    >>> proposal([result])
    "it fits another convention: if that is meant, pass --p-is keep (from Python p_is='keep')"
    >>> proposal([result], "--gradcheck-", False)
    'it fits another convention: if that is meant, pass --gradcheck-p-is keep'
    """
    found = dict(pair for result in results if result.status == "failed"
                 for pair in SETTING.findall(result.message))
    if not found:
        return ""
    flags = " ".join(f"{prefix}{FLAGS[name]} {value}" for name, value in found.items())
    words = ", ".join(f"{name}={value!r}" for name, value in found.items())
    told = f" (from Python {words})" if python else ""
    return f"it fits another convention: if that is meant, pass {flags}{told}"
