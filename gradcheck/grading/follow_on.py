"""A block that is wrong only because a layer of its is: charged once, where the slip is.

Held to the composition of the submission's own layers, called through their proxies.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.contract.protocol import parameters_of
from gradcheck.grading.afresh import compare_afresh
from gradcheck.grading.teacher import as_ours
from gradcheck.grading.values import Values
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.output.record import Item
from gradcheck.target.pairs import Pair

SHORT = {"bn": "batchnorm", "ln": "layernorm", "pool": "max_pool"}
CHARGED = ("{block} is the submission's own {parts} put together, and wrong only as {lost} is: "
           "charged there alone")


def layers_of(block: str, pairs: Mapping[str, Pair]) -> list[str]:
    """Return the submission's own layers that a block's name lists; none where one is missing.

    >>> pair = Pair("relu", "relu", abs, abs)
    >>> layers_of("affine_bn_relu", dict.fromkeys(["affine", "batchnorm", "relu"], pair))
    ['affine', 'batchnorm', 'relu']
    >>> layers_of("affine_relu", {"relu": pair})
    []
    """
    words = block.split("_")
    names = [word if word in pairs else SHORT.get(word, word) for word in words]
    return names if len(names) > 1 and all(name in pairs for name in names) else []


def composed(block: Pair, names: Sequence[str], pairs: Mapping[str, Pair],
             known: Mapping[str, Pair]) -> Pair:
    """Return the composition of layers, which takes what the reference's block takes.

    Parameters
    ----------
    block : Pair
        The reference's.
    names : sequence of str
        The layers, the first one first.
    pairs, known : mapping
        The submission's own layers by name, and the references, whose parameters share the
        block's arguments out.
    """
    counts = [len(parameters_of(known[name].forward)) - 1 for name in names]

    @functools.wraps(block.forward)
    def forward(*args: Any) -> Any:
        out, rest, caches = args[0], list(args[1:]), []
        for name, count in zip(names, counts, strict=True):
            out, cache = pairs[name].forward(out, *rest[:count])
            caches.append(cache)
            del rest[:count]
        return out, caches

    def backward(dout: Any, caches: Any) -> Any:
        found: list[Any] = []
        for name, cache in zip(reversed(names), reversed(caches), strict=True):
            layer = pairs[name]
            assert layer.backward is not None
            returned = layer.backward(dout, cache)
            dout, *others = returned if isinstance(returned, tuple | list) else (returned,)
            found[:0] = others
        return (dout, *found)

    return replace(block, forward=forward, backward=backward)


def charged_once(items: Sequence[Item], pairs: Mapping[str, Pair], known: Mapping[str, Pair],
                 conventions: Conventions, seed: int) -> Iterator[Item]:
    """Yield the items, those of a block that follows its layers with their points.

    A block earns them if a layer of its is graded and lost points, and another one lost none: what
    is put together of nothing right is no block.
    """
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.group, []).append(item)
    told: dict[str, str] = {}
    for block in groups:
        names = layers_of(block, pairs) if block in pairs and block in known else []
        lost = _lost(block, names, groups)
        if lost and _follows(pairs[block], composed(known[block], names, pairs, known),
                             conventions, seed):
            told[block] = CHARGED.format(block=block, parts=_listed(names), lost=_listed(lost))
    for item in items:
        follows = item.group in told and not item.passed
        yield item if not follows else Item(
            item.name, item.group, "passed", "", item.max_points, item.max_points, item.seconds,
            advice=(told[item.group],))


def _lost(block: str, names: Sequence[str], groups: Mapping[str, Sequence[Item]]) -> list[str]:
    """Return the layers that a wrong block may follow; none where it cannot be charged to them."""
    wrong = [item.status for item in groups[block] if not item.passed]
    lost = [name for name in dict.fromkeys(names) if not _is_right(groups.get(name, ()))]
    charged = (set(wrong) == {"failed"} and all(name in groups for name in names)
               and len(lost) < len(names))
    return lost if charged else []


def _is_right(items: Sequence[Item]) -> bool:
    return bool(items) and all(item.passed for item in items)


def _follows(pair: Pair, composition: Pair, conventions: Conventions, seed: int) -> bool:
    """Whether a block's values and gradients are those of the composition."""
    try:
        values = Values(pair, as_ours(composition, conventions), conventions,
                        np.random.default_rng(seed))
        values.compare_in_training()
        values.compare_everywhere()
        compare_afresh(values)
    except Exception:  # what either raises, or a value that differs
        return False
    return True


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
