"""Backward passes dout on where forward drops or bends."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import RELU, RELU_RIGHT
from gradcheck.findings.lenses.activity import Activity, levels, masked
from gradcheck.findings.lenses.values import (
    cached_arrays,
    is_mask,
    repairs,
    repairs_by_sample,
    uncut,
)
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

MOST_SAMPLES = 64


@masked
def passed_everywhere(found: Activity, view: View) -> Evidence:
    """Whether every output is passed alike although the forward passes two kinds."""
    if not np.all(found.wrongly_kept):
        return None
    if not found.bends:
        return _noise_not_applied(found, view)
    if found.slope_known and len(levels(found.wrong)) > 1:
        return None
    if not found.slope_known and not found.one_factor:
        return None
    dropped = ~found.kept if not np.all(found.kept) else ~found.right
    return {"count": int(np.sum(dropped)), "of": found.true.size} if np.any(dropped) else None


def _noise_not_applied(found: Activity, view: View) -> Evidence:
    """Whether the forward multiplies by random factors of many levels and the backward by one."""
    evaluator = view.case.problem.evaluator
    if not found.slope_known or len(levels(found.true)) < 3 or len(levels(found.wrong)) != 1:
        return None
    linear = np.allclose(evaluator.out(view.position, 2 * view.x), 2 * view.case.out)
    return {"count": found.true.size, "of": found.true.size} if linear else None


def right_with_mask_on_dout(view: View) -> Evidence:
    """Whether the gradient becomes right once dout is masked before backward sees it."""
    out, dout = view.case.out, view.case.dout
    if out.ndim == 0 or not view.complete or view.elementwise:
        return None
    masks = [(path, leaf) for path, leaf in cached_arrays(view)
             if leaf.shape == out.shape and is_mask(leaf)]
    if np.any(out == 0):
        masks.append(("out != 0", out != 0))
    for path, mask in masks:
        keep = (mask != 0).astype(np.float64)
        for share in (1.0, *view.case.kept_shares.values()):
            if repairs(view, dout * keep / share):
                return {"mask": path, "count": int(np.sum(keep == 0)), "of": keep.size}
    return None


def right_with_hidden_mask(view: View) -> Evidence:
    """Whether the gradient becomes right once a hidden layer's gradient is masked.

    The hidden layer's gradient is dout @ w.T. A sample's mask on it is one on the rows of w, so
    that samples are passed back one by one, each with weights of its own.
    """
    out = view.case.out
    if out.ndim != 2 or not view.complete or view.elementwise or len(out) > MOST_SAMPLES:
        return None
    arrays = cached_arrays(view)
    for path, hidden in arrays:
        keep = hidden > 0
        if hidden.ndim != 2 or len(hidden) != len(out) or np.all(keep) or not np.any(keep):
            continue
        for weights_path, w in arrays:
            masked_rows = [w * row[:, np.newaxis] for row in keep] if w.shape == (
                hidden.shape[1], out.shape[1]) else []
            if masked_rows and repairs_by_sample(view, weights_path, masked_rows):
                return {"mask": f"{path} > 0", "count": int(np.sum(~keep)), "of": keep.size}
    return None


def dropped_weights_used(view: View) -> Evidence:
    """Whether the backward uses weights that the forward's mask has dropped, as in DropConnect."""
    masked_arguments = [other for other in view.case.comparisons if other.name != view.name
                        and np.any(other.numeric) and np.any(other.numeric == 0)
                        and other.numeric.ndim > 1]
    if not masked_arguments or not view.case.drops or not uncut(view):
        return None
    numeric = masked_arguments[0].numeric
    return {"count": int(np.sum(numeric == 0)), "of": numeric.size,
            "matrix": masked_arguments[0].name}


RULE = Rule(
    code="mask-not-applied",
    tier=Tier.PATTERN,
    meaning="Forward drops or bends some elements and backward passes dout on at all of them.",
    sign="Right where forward passes, nonzero where forward is flat.",
    given=RELU,
    wrong="""
        def relu_backward(dout, x):
            return dout.copy()
        """,
    right=RELU_RIGHT,
    clues=(
        Clue(passed_everywhere,
             "the backward passes dout on at all outputs, also at the {count} of {of} that the "
             "forward drops or bends",
             "multiply dout by the mask (or the local slope) before passing it on"),
        Clue(right_with_mask_on_dout,
             "the gradient is right once dout is multiplied by the mask {mask}, which drops "
             "{count} of {of} outputs",
             "multiply dout by the mask before passing it on"),
        Clue(right_with_hidden_mask,
             "the gradient is right once a hidden layer's is multiplied by the mask {mask}, which "
             "drops {count} of {of} units",
             "multiply the hidden layer's gradient by the mask before passing it on"),
        Clue(dropped_weights_used,
             "the backward uses all of {matrix}, also the {count} of {of} elements that forward "
             "dropped",
             "multiply by the masked weights"),
    ),
)
