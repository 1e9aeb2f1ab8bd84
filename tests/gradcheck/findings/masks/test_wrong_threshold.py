"""A mask made with another threshold than forward's."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards.elementwise import clipped, hard_sigmoid, hard_tanh, relu
from tests.gradcheck.findings.forwards.losses import hinge, labels

CASES = Cases("wrong-threshold")

CASES.wrong("relu_opens_at_a_half", relu, lambda dout, x: dout * (x > 0.5), randn(8, 9),
            more=[(randn(5, 6, 3, dtype=f32),)])
CASES.wrong("relu_opens_too_early", relu, lambda dout, x: dout * (x > -0.5), randn(60))
CASES.wrong("relu6_forgets_its_upper_bound", lambda x: (np.clip(x, 0, 6), x),
            lambda dout, x: dout * (x > 0), 5 * randn(7, 6))
CASES.wrong("hard_tanh_backward_clips_at_two", hard_tanh, lambda dout, x: dout * (np.abs(x) < 2),
            2 * randn(6, 7, dtype=f32))
CASES.wrong("shifted_relu_opens_at_zero", lambda x: (np.maximum(x - 0.3, 0), x),
            lambda dout, x: dout * (x > 0), randn(9, 7))
CASES.wrong("hard_sigmoid_saturates_too_early", hard_sigmoid,
            lambda dout, x: 0.2 * dout * (np.abs(x) < 1), 3 * randn(8, 8))
CASES.wrong("clip_with_a_symmetric_bound", clipped,
            lambda dout, x, low, high: dout * (np.abs(x) < high), 2 * randn(7, 8), -1.0, 1.5)
CASES.right(lambda x: (np.clip(x, 0, 6), x), np.array([[0.0, 6.0, 3.0], [6.000001, -1e-7, 9.0]]),
            backward=lambda dout, x: dout * ((x > 0) & (x < 6)), name="relu6_at_its_bounds")
CASES.wrong("hinge_counts_margins_above_one", hinge, lambda dout, margins, y: hinge.backward(
            dout, (margins - 1, y)), randn(7, 6), labels(7, 6),
            more=[(randn(7, 4), labels(7, 4)), (randn(6, 5, dtype=f32), labels(6, 5))])

test_first_code, test_right = CASES.tests()
