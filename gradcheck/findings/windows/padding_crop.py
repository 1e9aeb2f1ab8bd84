"""The gradient of a layer that pads, cropped at the wrong end."""

from __future__ import annotations

from gradcheck.findings.given import CONV, CONV_RIGHT, slipped
from gradcheck.findings.lenses.displacement import is_crop, padded_offset, window_offset
from gradcheck.findings.lenses.patches import Patches, of_patches, of_windows
from gradcheck.findings.rule import Clue, Evidence, Message, Rule, Tier
from gradcheck.findings.view import View


@of_patches
def padding_layer_crop(patches: Patches, view: View) -> Evidence:
    """Whether a layer that pads has its gradient cropped at the wrong end, along any axis."""
    offset = padded_offset(patches, view)
    if offset is None:
        return None
    most = max(one - two for one, two in zip(view.case.out.shape, view.x.shape, strict=True))
    return {"offset": list(offset), "padding": most}


@of_windows
def padding_crop(patches: Patches, view: View) -> Evidence:
    """Whether an image's gradient is the true one shifted, as by cropping padding at one end."""
    offset = window_offset(patches, view)
    if offset is None or not is_crop(offset, patches.padding):
        return None
    return {"offset": list(offset), "padding": patches.padding}


RULE = Rule(
    code="padding-crop",
    tier=Tier.FORM,
    meaning="""The gradient of the padded array has to lose the padding at both ends; backward cuts
        at one end only, which gives the right shape and displaced numbers, or crops x[p:-p], which
        is empty where p = 0.""",
    sign="""The gradient is the numeric one displaced by the padding; or it has no elements without
        padding.""",
    given=CONV,
    wrong=slipped(CONV_RIGHT, "dpadded[:, pad:pad + x.shape[1]]", "dpadded[:, :x.shape[1]]"),
    right=CONV_RIGHT,
    clues=(
        Clue(padding_layer_crop,
             "the gradient is the true one moved by {offset}: the padding was cropped at the wrong "
             "end", "crop what forward padded, at both ends"),
        Clue(padding_crop,
             "the gradient is shifted by {offset} along the spatial axes (padding {padding})",
             "crop the padding at both ends: dx_padded[..., pad:pad + H, pad:pad + W]"),
    ),
    breaches={
        "empty": Message(
            "the gradient of {argument} has shape {got} where {argument} has {expected}: a crop "
            "x[p:-p] is empty where p = 0, as the padding is here",
            "crop by the size: dx_padded[:, :, pad:pad + H, pad:pad + W]"),
    },
)
