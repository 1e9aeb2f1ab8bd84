"""Values multiplied where a mask of zeros and ones belongs."""

import numpy as np

import layers
from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.dropout import (
    dropout_caching_its_draws,
    dropout_caching_its_output,
    train,
)
from tests.gradcheck.findings.forwards.elementwise import hard_tanh, relu
from tests.gradcheck.findings.forwards.losses import hinge, labels

CASES = Cases("value-used-as-mask")

CASES.wrong("relu_multiplies_by_its_output", relu, lambda dout, x: dout * np.maximum(x, 0),
            randn(5, 5), more=[(randn(3, 7, 2, dtype=f32),)])
CASES.wrong("hard_tanh_multiplies_by_the_inner_values", hard_tanh,
            lambda dout, x: dout * np.where(np.abs(x) < 1, x, 0), 2 * randn(4, 8))
CASES.wrong("dropout_multiplies_by_its_output", dropout_caching_its_output,
            lambda dout, dropout_param, mask, out: dout * out / (1 - dropout_param["p"]),
            randn(5, 6), train(0.4), more=[(randn(3, 9, dtype=f32), train(0.5))])
CASES.wrong("dropout_multiplies_by_the_raw_draws", dropout_caching_its_draws,
            lambda dout, dropout_param, draws: dout * draws / (1 - dropout_param["p"]), randn(7, 5),
            train(0.3))


@CASES.backward(hinge, randn(5, 6), labels(5, 6))
def hinge_multiplies_by_the_margins(dout, margins, y):
    dx = margins.copy()
    dx[np.arange(len(y)), y] -= dx.sum(axis=1)
    return dout * dx / len(y)


CASES.wrong("package_relu_weighted_by_its_input", layers.relu_forward,
            lambda dout, x: dout * np.clip(x, 0, None), randn(8, 6))
CASES.wrong("max_pool_pays_the_maximum", course.looped_pool,
            course.looped_pool_slip(share=lambda window: window * (window == window.max())),
            *course.pool_args(2, 2, 6, 6))

test_first_code, test_right = CASES.tests()
