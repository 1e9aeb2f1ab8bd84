"""Forward's mask, some places further on."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards.affine import hidden_relu
from tests.gradcheck.findings.forwards.dropout import dropout, keep_dropout, spatial_dropout, train
from tests.gradcheck.findings.forwards.elementwise import hard_shrink, relu, relu_by_mask

CASES = Cases("mask-shifted")

CASES.wrong("relu_mask_rolled_by_one", relu, lambda dout, x: dout * np.roll(x > 0, 1, axis=1),
            randn(4, 6), more=[(randn(3, 8, dtype=f32),)])


@CASES.backward(relu, randn(40))
def relu_mask_starts_one_late(dout, x):
    mask = np.zeros(x.shape, dtype=bool)
    mask[1:] = x[:-1] > 0
    return dout * mask


CASES.wrong("dropout_mask_rolled_by_one", dropout,
            lambda dout, dropout_param, mask: dout * np.roll(mask, 1) / (1 - dropout_param["p"]),
            randn(6, 8), train(0.35), more=[(randn(70, dtype=f32), train(0.5))])
CASES.wrong("dropout_mask_of_the_previous_sample", dropout,
            lambda dout, param, mask: dout * np.roll(mask, 1, axis=0) / (1 - param["p"]),
            randn(9, 6), train(0.6))
CASES.wrong("spatial_dropout_mask_of_the_next_channel", spatial_dropout,
            lambda dout, mask, p: dout * np.roll(mask, -1, axis=1) / (1 - p), randn(5, 7, 2, 3),
            train(0.4))
CASES.wrong("keep_dropout_mask_one_column_left", keep_dropout,
            lambda dout, mask: dout * np.roll(mask, -1, axis=1), randn(7, 9), 0.6,
            constants={"keep": 0.6})
CASES.wrong("relu_mask_one_row_down", relu_by_mask,
            lambda dout, mask: dout * np.vstack([mask[-1:], mask[:-1]]), randn(9, 5))
CASES.wrong("hard_shrink_mask_one_row_off", hard_shrink,
            lambda dout, x: dout * np.roll(np.abs(x) > 0.5, -1, axis=0), randn(5, 8, dtype=f32))
CASES.wrong("hidden_relu_of_the_previous_sample", hidden_relu,
            lambda dout, x, w1, w2, mask: hidden_relu.backward(
                dout, (x, w1, w2, np.roll(mask, 1, axis=0))), randn(6, 4), randn(4, 7), randn(7, 3))

test_first_code, test_right = CASES.tests()
