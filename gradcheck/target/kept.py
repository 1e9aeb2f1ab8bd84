"""Whether a dropout's p is the probability of keeping: courses have written it both ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.mask_laws.implementation import DropoutImplementation

Function = Callable[..., Any]
VERBS = {"keep": r"(?:keep|kept|retain)\w*", "drop": r"(?:drop(?!out)|zero|remov|discard)\w*"}
# "We keep each neuron output with probability p", "p: the probability of keeping a unit"
SENTENCES = (r"\b{verb}\b[^.;\n]{{0,50}}\bwith (?:a )?probability\b",
             r"\bprob(?:ability)?\b (?:of|to|that)[^.;\n]{{0,30}}?\b{verb}")
AT_P, UNITS = 0.2, 4000
MOST_OFF = 0.06


def documented_p(forward: Function) -> str:
    """Return what the docstring says that p is: 'keep', 'drop', or ''.

    The first sentence that says so decides; what others do is often told behind it.

    Examples
    --------
    >>> def forward(x, param):
    ...     '''p: We keep each unit with probability p. Others speak of dropping.'''
    >>> documented_p(forward)
    'keep'
    """
    text = " ".join(str(getattr(forward, "__doc__", "") or "").replace("*", "").split())
    found = [(match.start(), meaning) for meaning, verb in VERBS.items() for sentence in SENTENCES
             for match in re.finditer(sentence.format(verb=verb), text, re.IGNORECASE)]
    return min(found)[1] if found else ""


def keeps_share_p(impl: DropoutImplementation) -> bool:
    """Whether, at p = 0.2, about a fifth of the units is kept, each multiplied by five.

    Examples
    --------
    >>> import numpy as np
    >>> from gradcheck.mask_laws.implementation import DropoutImplementation
    >>> def forward(x, param):
    ...     return x * (np.random.default_rng(0).random(x.shape) < param["p"]) / param["p"], None
    >>> keeps_share_p(DropoutImplementation(forward, len))
    True
    """
    import numpy as np  # not for a process that reads settings alone

    from gradcheck.mask_laws.implementation import Probe

    try:
        with np.errstate(all="ignore"):
            out, _ = Probe(impl).forward(np.ones((UNITS // 40, 40)), AT_P, seed=1)
    except AssertionError:
        return False
    kept = out[out != 0]
    return bool(abs(kept.size / out.size - AT_P) < MOST_OFF
                and np.allclose(kept, 1 / AT_P, rtol=1e-3))
