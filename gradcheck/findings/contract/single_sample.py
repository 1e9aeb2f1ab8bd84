"""Right with several samples, wrong with one."""

from __future__ import annotations

from gradcheck.findings.given import AFFINE_RIGHT
from gradcheck.findings.lenses.others import Wrong
from gradcheck.findings.rule import Contrast, Message, Rule, layer

CODE = "single-sample"
SEVERAL = 3, 5
KEEP = ("keep the axis of samples: np.squeeze without an axis, x[0] and sums without keepdims=True "
        "take it away; reshape to sizes that are known")


def one_sample(wrong: Wrong) -> Contrast:
    """Return how a layer fails with one sample that is right with three and with five."""
    usual = wrong.right_with(SEVERAL[0]) if wrong.samples == 1 else None
    if usual is None or wrong.right_with(SEVERAL[1]) is None:
        return None
    lost = wrong.shape is not None and len(wrong.shape) < len(usual)
    return wrong.breach(CODE, "output" if lost else "other", got=str(wrong.shape),
                        usual=str(usual), samples=SEVERAL[0])


RULE = Rule(
    code=CODE,
    tier=None,
    meaning="""Right with several samples, wrong with one: np.squeeze, or a sum that drops an axis,
        takes away the axis of samples where its length is 1.""",
    sign="At N = 1 it raises, or a shape or a number is wrong; at N = 3 and N = 5 all is right.",
    given=layer("affine", f"""
        rng = np.random.default_rng(0)
        x, w, b = rng.normal(size=(1, 6)), rng.normal(size=(6, 5)), rng.normal(size=5)
{AFFINE_RIGHT}""", "x, w, b"),
    wrong="""
        def affine_forward(x, w, b):
            return np.squeeze(x @ w + b), (x, w)
        """,
    right="""
        def affine_forward(x, w, b):
            return x @ w + b, (x, w)
        """,
    breaches={
        "output": Message("right with N = {samples}, wrong with N = 1: the output has shape {got} "
                          "there, and {usual} with N = {samples}, so that an axis of length 1 is "
                          "squeezed away", KEEP),
        "other": Message("right with N = {samples}, wrong with N = 1: {said}", KEEP),
    },
    contrast=one_sample,
)
