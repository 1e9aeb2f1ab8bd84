"""Whether a candidate is right: held to the check itself, at its own and at other arguments."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType

import numpy as np

from gradcheck.repair.bench import Bench, Part
from gradcheck.repair.limit import clock
from gradcheck.repair.truth import Place
from gradcheck.run.session import Session

FINE = ("passed", "warned")
MOST_SECONDS = 0.5
Judge = Callable[[], bool]


def proved(bench: Bench, part: Part, code: CodeType, kind: str, deadline: float) -> bool:
    """Return whether a candidate passes the check at every place.

    Parameters
    ----------
    bench : Bench
        With the arguments at which it is judged.
    part : Part
        The function that runs other code.
    code : CodeType
        Its code.
    kind : {'layer', 'gradient', 'net'}
        What is checked.
    deadline : float
        When, on this thread's clock, to stop: the first arguments are judged in any case, unless
        forward is so slow that its gradient was only looked at along directions.
    """
    longest = 0.0
    with part.source.running(code):
        for place in bench.places:
            started = clock()
            if started + longest > deadline and place is not bench.places[0]:
                break
            if not is_slow(place) and not passes(place, kind):
                return False
            longest = max(longest, clock() - started)
    return True


def is_slow(place: Place) -> bool:
    """Whether gradients are too large, or forward is too slow, for every coordinate."""
    count = sum(np.size(place.layer.args[position]) for position in place.layer.wrt)
    return 2 * count * place.seconds > MOST_SECONDS


def passes(place: Place, kind: str) -> bool:
    """Return whether the layer as it now runs passes the check at some arguments."""
    dout = None if kind == "layer" else np.ones(())
    return Session(place.layer, {}, "candidate", kind).run(dout, None, False).status in FINE
