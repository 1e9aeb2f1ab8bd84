"""A mask that is not forward's."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.dropout import (
    block_dropout,
    dropout,
    dropout_caching_its_draws,
    dropout_caching_its_output,
    keep_dropout,
    spatial_dropout,
    train,
)
from tests.gradcheck.findings.forwards.elementwise import relu

CASES = Cases("mask-mismatch")

CASES.wrong("relu_uses_the_first_row_for_every_row", relu, lambda dout, x: dout * (x[:1] > 0),
            randn(6, 8))


# Deterministic, so the gradient is a consistent one: that of another mask.
@CASES.backward(dropout, randn(7, 6), train(0.4))
@CASES.backward(dropout, randn(4, 3, 5, dtype=f32), train(0.5))
def dropout_backward_seeds_another_mask(dout, dropout_param, mask):
    rng = np.random.default_rng(dropout_param["seed"] + 1)
    return dout * (rng.random(mask.shape) >= dropout_param["p"]) / (1 - dropout_param["p"])


CASES.wrong("dropout_repeats_the_mask_of_the_first_sample", dropout,
            lambda dout, dropout_param, mask: dout * mask[:1] / (1 - dropout_param["p"]),
            randn(8, 5), train(0.3))
CASES.wrong("dropout_mask_transposed", dropout,
            lambda dout, dropout_param, mask: dout * mask.T / (1 - dropout_param["p"]),
            randn(6, 6, dtype=f32), train(0.5))


# One flipped position of a mask is also one wrong element.
@CASES.backward(dropout, randn(16, 20), train(0.4), also=("isolated-elements",))
@CASES.backward(dropout, randn(64, 64, dtype=f32), train(0.3), also=("isolated-elements",))
def dropout_mask_wrong_in_one_position(dout, dropout_param, mask):
    spoiled = mask.copy()
    spoiled[5, 7] = ~spoiled[5, 7]
    return dout * spoiled / (1 - dropout_param["p"])


SPARSE = randn(6, 9) * (randn(6, 9, seed=5) > -0.3)
# Where x is 0 a kept unit cannot be told from a dropped one by its output.
CASES.wrong("dropout_recovers_the_mask_from_its_output", dropout_caching_its_output,
            lambda dout, dropout_param, mask, out: dout * (out != 0) / (1 - dropout_param["p"]),
            SPARSE, train(0.4))
# A threshold at p + 0.2 is a wrong threshold on the draws, and a wrong mask on x.
CASES.wrong("dropout_thresholds_the_draws_elsewhere", dropout_caching_its_draws,
            lambda dout, param, draws: dout * (draws >= param["p"] + 0.2) / (1 - param["p"]),
            randn(9, 8), train(0.3), also=("wrong-threshold",))


CASES.wrong("spatial_dropout_masks_single_elements", spatial_dropout, lambda dout, _, p: dout * (
            np.random.default_rng(3).random(dout.shape) >= p) / (1 - p),
            randn(4, 6, 3, 2), train(0.5))


# One flipped position of a mask is also one wrong element.
@CASES.backward(relu, 0.5 + randn(30, 30), also=("isolated-elements",))
def relu_mask_wrong_in_one_position(dout, x):
    mask = x > 0
    mask[4, 20] = ~mask[4, 20]
    return dout * mask


CASES.wrong("keep_dropout_one_mask_for_all_rows", keep_dropout, lambda dout, mask: dout * mask[0],
            randn(10, 6), 0.5, constants={"keep": 0.5})
CASES.wrong("block_dropout_tiles_instead_of_repeating", block_dropout,
            lambda dout, small, mask, p: dout * np.tile(small, (1, 2, 2)) / (1 - p), randn(3, 6, 8),
            0.4, 1, constants={"p": 0.4})
CASES.wrong("course_dropout_seeds_again_for_the_transpose", course.course_dropout,
            lambda dout, param, _: dout / param["p"] * (
                param["p"] > course.redrawn(param, dout.T).T), randn(5, 6), course.keep(0.6))

test_first_code, test_right = CASES.tests()
