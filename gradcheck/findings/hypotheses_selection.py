"""Causes in layers whose outputs select one input each: max pooling, maxima, maxout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.findings.hypotheses_windows import Patches, of_patches
from gradcheck.findings.view import Hypothesis, View

Evidence = dict[str, Any] | None


def of_selection(test: Callable[[Patches, View], Evidence]) -> Callable[[View], Evidence]:
    """Give a test the patches of a layer whose outputs select one input each."""
    return of_patches(test, lambda patches: patches.selects)


def pool_spread(patches: Patches, view: View) -> Evidence:
    """Whether a selected output passes its gradient to several inputs instead of one."""
    most = int(patches.touched(patches.wrong).max())
    axes = tuple(range(1, patches.wrong.ndim))
    top = np.max(np.abs(patches.wrong), axis=axes, keepdims=True)
    # every input that an output reaches is given the same: all of dout, or an equal share
    equal = (np.abs(patches.wrong) <= patches.tolerance) | (
        np.abs(np.abs(patches.wrong) - top) <= 1e-4 * top)
    return {"most": most} if most > 1 and np.all(equal) else None


def selected_value(patches: Patches, view: View) -> Evidence:
    """Whether the selected input gets dout times its own value."""
    scaled = patches.true * view.x[np.newaxis]
    size = float(np.sum(scaled * scaled))
    factor = float(np.sum(patches.wrong * scaled)) / size if size else 0.0
    if factor and patches.same(factor * scaled, patches.wrong):
        return {"value": view.name}
    return None


def pool_misrouted(patches: Patches, view: View) -> Evidence:
    """Whether a selected output passes its gradient to one input, but to the wrong one."""
    axes = tuple(range(1, patches.true.ndim))
    sums, others = patches.true.sum(axis=axes), patches.wrong.sum(axis=axes)
    kept = np.abs(others - sums) <= 1e-4 * np.max(np.abs(sums))
    wrong = np.any(np.abs(patches.wrong - patches.true) > 1e-4 * np.max(np.abs(sums)), axis=axes)
    # a crop or a permutation selects as well, but not by the values
    evaluator = view.case.problem.evaluator
    linear = np.allclose(evaluator.out(view.position, -view.x), -view.case.out)
    if linear or np.any(patches.touched(patches.wrong) > 1) or not np.any(kept & wrong):
        return None
    return {"count": int(np.sum(wrong)), "of": len(patches.true)} if np.all(
        kept | (others == 0)) else None


SELECTION = (
    Hypothesis("value-used-as-mask", of_selection(selected_value), "the selected input gets dout "
               "times {value}", "give it dout itself: compare first, dx = dout * (x == max)"),
    Hypothesis("pool-spread", of_selection(pool_spread), "an output passes its gradient to up to "
               "{most} inputs, where the forward selects one", "give it to the maximum alone"),
    Hypothesis("pool-misrouted", of_selection(pool_misrouted), "{count} of {of} outputs pass "
               "their gradient to another input than the one that the forward selected",
               "use the position of the maximum within its own window"),
)
