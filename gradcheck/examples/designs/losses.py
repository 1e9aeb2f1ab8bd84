"""Losses: repeated labels, ties, one sample and many, scores that overflow, no regularization."""

from __future__ import annotations

import numpy as np

from gradcheck.examples.designs.common import FINITE, LARGE, MANY, ONE, SMALL, STRIDED
from gradcheck.examples.recipes import apart, each, shared, tied
from gradcheck.examples.variants import Variant

SHARED = Variant("with labels that all but one are the same", {"y": shared(4)})
TIES = Variant("with ties among the scores", {"x": tied(4, 6)}, look="coordinates")
APART = Variant("with rows a thousand apart", {"x": apart(4, 6)}, look="finite")
FREE = Variant("with reg = 0", {"reg": 0.0})
WHOLE = Variant("with a mask that is true everywhere", {"mask": np.ones((3, 2), dtype=bool)})
HIDDEN = Variant("with a sample that the mask leaves out", {
    "mask": np.arange(3)[:, np.newaxis] != np.array([1, 1])})
# A mask that leaves everything out would divide by zero where a loss is a mean over it.
UNMASKED = Variant(ONE.told, {"mask": np.ones((1, 2), dtype=bool)}, batch=1)
BASIS = (ONE, MANY, STRIDED)

DESIGNS = {
    **each("softmax_loss cross_entropy_loss", (SHARED, *BASIS, FINITE, APART, SMALL)),
    "nll_loss": (SHARED, *BASIS),
    **each("svm_loss hinge_loss", (SHARED, *BASIS, LARGE, SMALL, TIES)),
    **each("softmax_loss_naive softmax_loss_vectorized linear_softmax_loss",
           (SHARED, *BASIS, FREE, FINITE, SMALL)),
    **each("svm_loss_naive svm_loss_vectorized linear_svm_loss",
           (SHARED, *BASIS, FREE, LARGE, SMALL)),
    **each("mse_loss l2_loss", (*BASIS, LARGE, SMALL)),
    **each("l1_loss mae_loss huber_loss smooth_l1_loss", (*BASIS, LARGE, SMALL)),
    **each("bce_loss binary_cross_entropy_loss", BASIS),
    **each("bce_with_logits_loss sigmoid_loss logistic_loss", (*BASIS, FINITE, SMALL)),
    "temporal_softmax_loss": (WHOLE, HIDDEN, UNMASKED, MANY, STRIDED, FINITE, SMALL),
}
