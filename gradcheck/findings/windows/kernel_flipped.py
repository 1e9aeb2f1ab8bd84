"""The gradient of a convolution with the kernel turned around."""

from __future__ import annotations

import itertools

import numpy as np

from gradcheck.findings.given import CONV, CONV_RIGHT, slipped
from gradcheck.findings.lenses.displacement import turned_axes
from gradcheck.findings.lenses.patches import Patches, of_windows, patches_of
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def flipped_weights(view: View) -> Evidence:
    """Whether the gradient of a kernel is the true one turned around."""
    images = [entry for entry in view.case.comparisons if entry.position < view.position]
    if not images or not view.complete or view.a.ndim == 0:
        return None
    image = patches_of(View(view.case, images[0], view.shared))
    if image is None or not image.space:
        return None
    space = range(2 if view.a.ndim > 2 else view.a.ndim - 1, view.a.ndim)
    for count in range(len(space), 0, -1):
        for axes in itertools.combinations(space, count):
            if any(view.a.shape[axis] > 1 for axis in axes) and view.agrees(np.flip(view.n, axes)):
                return {"axes": list(axes)}
    return None


@of_windows
def kernel_flipped(patches: Patches, view: View) -> Evidence:
    """Whether every window's patch is turned around within its window."""
    axes = turned_axes(patches)
    return None if axes is None else {"axes": list(axes)}


RULE = Rule(
    code="kernel-flipped",
    tier=Tier.FORM,
    meaning="""Forward correlates and backward uses the kernel reversed (or the other way round):
        the flip of the textbook's convolution, applied twice or not at all.""",
    sign="Replacing w by w[::-1] gives the numeric gradient.",
    given=CONV,
    wrong=slipped(CONV_RIGHT, "* w\n", "* w[::-1]\n"),
    right=CONV_RIGHT,
    clues=(
        Clue(flipped_weights, "the kernel's gradient is turned around along axes {axes}",
             "use the kernel's indices as forward does"),
        Clue(kernel_flipped,
             "every window's contribution is turned around along axes {axes}",
             "use the kernel as forward does, unflipped"),
    ),
)
