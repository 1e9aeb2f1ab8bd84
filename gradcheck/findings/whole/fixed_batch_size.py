"""A number of samples is written into the code."""

from __future__ import annotations

from gradcheck.findings.given import AFFINE_RIGHT, slipped
from gradcheck.findings.lenses.others import Wrong
from gradcheck.findings.rule import Contrast, Message, Rule, layer

CODE = "fixed-batch-size"
FEW, MANY = 3, 16
TRIED = range(2, 9)
REMEDY = "take the number of samples from x.shape[0] or dout.shape[0]"


def fixed_size(wrong: Wrong) -> Contrast:
    """Return at how many samples a layer is right: at one number alone, or up to one."""
    if wrong.samples == 1:
        right = [size for size in TRIED if wrong.right_with(size) is not None]
        return wrong.breach(CODE, "alone", size=right[0], samples=1) if len(right) == 1 else None
    if wrong.samples < MANY or wrong.right_with(FEW) is None:
        return None
    low, high = FEW, wrong.samples
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if wrong.right_with(middle) is None else (middle, high)
    # another sample may be wrong for its numbers, and not for its place
    last = wrong.reversed
    if last.right_with(low) is None or last.right_with(high) is not None:
        return None
    return wrong.breach(CODE, "most", size=low, samples=wrong.samples)


RULE = Rule(
    code=CODE,
    tier=None,
    meaning="""A number of samples is written into the code: the layer is right for batches of that
        size, or up to it, and wrong for others.""",
    sign="Right with the first samples of a batch alone, wrong with more of them.",
    given=layer("affine", """
        rng = np.random.default_rng(0)
        x, w, b = rng.normal(size=(20, 6)), rng.normal(size=(6, 5)), rng.normal(size=5)

        def affine_forward(x, w, b):
            return x @ w + b, (x, w)
        """, "x, w, b"),
    wrong=slipped(AFFINE_RIGHT, "dout.sum(axis=0)", "dout[:16].sum(axis=0)"),
    right=AFFINE_RIGHT,
    breaches={
        "alone": Message("right with N = {size}, wrong with N = {samples} and with other numbers "
                         "of samples: {said}", REMEDY),
        "most": Message("right with up to {size} samples, wrong with more (N = {samples}): {said}",
                        REMEDY),
    },
    contrast=fixed_size,
)
