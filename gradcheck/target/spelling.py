"""Settings under the keys that a target reads them by: `padding` for what the course calls pad."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.examples.candidates import NoExampleError
from gradcheck.examples.standard import ALIASES
from gradcheck.target.at_arguments import candidates_for
from gradcheck.target.exceptions import OURS
from gradcheck.target.pairs import Pair

REMARK = "it reads {}, and was given that beside the course's own {}"


def spelt(pair: Pair) -> Pair:
    """Return a pair whose forward finds its settings under the keys that it reads, too.

    Of a key that is missing, `ALIASES` says what the course calls it. What else is missing stays
    so, and so does everything where the target has an example of its own.

    Examples
    --------
    >>> def conv_forward(x, w, b, conv_param):
    ...     return x[..., ::conv_param["strides"]], None
    >>> pair = spelt(Pair("conv", "conv", conv_forward, lambda dout, cache: None))
    >>> pair.forward(np.arange(6), None, None, {"stride": 2, "pad": 1})[0]
    array([0, 2, 4])
    >>> pair.remark
    "it reads 'strides', and was given that beside the course's own 'stride'"
    """
    if pair.example is not None or pair.net is not None:
        return pair
    try:
        args = next(candidates_for(pair, 0)).args
    except NoExampleError:
        return pair
    own = _own_keys(pair, args)
    if not own:
        return pair

    @functools.wraps(pair.forward)
    def forward(*given: Any) -> Any:
        return pair.forward(*(_with(arg, own) for arg in given))

    told = (" and ".join(map(repr, names)) for names in (own, own.values()))
    return replace(pair, forward=forward, remark=pair.remark or REMARK.format(*told))


def _own_keys(pair: Pair, args: tuple[Any, ...]) -> dict[str, str]:
    """Return the keys that forward misses, with what the course calls them."""
    own: dict[str, str] = {}
    dicts = [arg for arg in args if isinstance(arg, dict)]
    while dicts:
        try:
            with np.errstate(all="ignore"):
                pair.forward(*(_with(copy.deepcopy(arg), own) for arg in args))
        except OURS:
            raise
        except KeyError as error:
            key = str(error.args[0]) if error.args else ""
            usual = ALIASES.get(key, "")
            if key in own or not any(usual in arg for arg in dicts):
                return own
            own[key] = usual
        except BaseException:
            return own
        else:
            return own
    return own


def _with(arg: Any, own: Mapping[str, str]) -> Any:
    """Write a dict's settings under a target's keys, too; in place, since forward may keep it."""
    if isinstance(arg, dict):
        arg.update({key: arg[usual] for key, usual in own.items() if usual in arg})
    return arg
