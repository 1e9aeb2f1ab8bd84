"""A mask that lets through what forward stopped."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f16, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.affine import hidden_relu, two_layers
from tests.gradcheck.findings.forwards.dropout import (
    block_dropout,
    dropconnect,
    dropout,
    dropout_caching_its_draws,
    keep_dropout,
    train,
)
from tests.gradcheck.findings.forwards.elementwise import (
    hard_shrink,
    hard_tanh,
    maximum,
    relu,
    relu_by_mask,
)

CASES = Cases("mask-inverted")

CASES.wrong("relu_passes_the_negative_side", relu, lambda dout, x: dout * (x < 0),
            randn(6, 5, dtype=f32))
CASES.wrong("hard_tanh_passes_the_saturated_part", hard_tanh,
            lambda dout, x: dout * (np.abs(x) > 1), 2 * randn(4, 9))
CASES.wrong("maximum_gives_both_branches_the_mask_of_the_first", maximum,
            lambda dout, a, b: (dout * (a > b), dout * (a > b)), randn(3, 7), randn(3, 7, seed=1))
CASES.wrong("dropout_passes_the_dropped_units", dropout,
            lambda dout, dropout_param, mask: dout * ~mask / (1 - dropout_param["p"]), randn(6, 7),
            train(0.5), more=[(randn(4, 9, dtype=f32), train(0.3))])
CASES.wrong("dropout_compares_the_wrong_way_round", dropout_caching_its_draws,
            lambda dout, param, draws: dout * (draws < param["p"]) / (1 - param["p"]),
            randn(6, 9, dtype=f32), train(0.5))
CASES.wrong("dropconnect_weights_gradient_of_the_dropped", dropconnect,
            lambda dout, x, w, kept, mask, p: (dout @ kept.T, ~mask * (x.T @ dout) / (1 - p)),
            randn(3, 6), randn(6, 7), train(0.4))
CASES.wrong("keep_dropout_passes_the_rest", keep_dropout,
            lambda dout, mask: np.where(mask > 0, 0, 2 * dout), randn(5, 6, 2), 0.5,
            constants={"keep": 0.5})
CASES.wrong("relu_by_the_inverse_mask", relu_by_mask,
            lambda dout, mask: dout * np.logical_not(mask), randn(12, dtype=f16))
CASES.wrong("hard_shrink_passes_the_centre", hard_shrink, lambda dout, x: dout * (np.abs(x) < 0.5),
            randn(9, 6))
CASES.wrong("block_dropout_inverted", block_dropout,
            lambda dout, blocks, mask, p: dout * (1 - mask) / (1 - p), randn(2, 6, 6, dtype=f32),
            0.5, 3, constants={"p": 0.5})
CASES.wrong("course_dropout_passes_the_dropped", course.course_dropout,
            lambda dout, param, mask: np.where(mask > 0, 0, dout / param["p"]), randn(5, 6),
            course.keep(0.5))
CASES.wrong("course_dropout_seeds_again_and_compares_the_wrong_way_round", course.course_dropout,
            lambda dout, param, _: dout * (course.redrawn(param, dout) > param["p"]) / param["p"],
            randn(5, 6), course.keep(0.6))
CASES.right(course.course_dropout, randn(5, 6), course.keep(0.6), name="seeded_again",
            backward=lambda dout, param, _:
            dout * (course.redrawn(param, dout) < param["p"]) / param["p"])
CASES.wrong("hidden_relu_inverted", hidden_relu, lambda dout, x, w1, w2, mask: hidden_relu.backward(
            dout, (x, w1, w2, ~mask)), randn(6, 4), randn(4, 7), randn(7, 3))
CASES.wrong("hidden_relu_passes_the_negative_side", two_layers, lambda dout, x, w1, w2, a, h: (
            *two_layers.backward(dout, (x, w1, w2, -a, h))[:2], h.T @ dout),
            randn(6, 4), randn(4, 7), randn(7, 3),
            more=[(randn(5, 3), randn(3, 5), randn(5, 4))])

test_first_code, test_right = CASES.tests()
