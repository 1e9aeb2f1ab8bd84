"""A gradient of zero on the side on which forward has a small slope."""

import numpy as np

import layers
from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards.elementwise import leaky_relu

CASES = Cases("negative-slope-lost")

CASES.wrong("leaky_relu_differentiated_as_relu", leaky_relu, lambda dout, x, slope: dout * (x > 0),
            randn(5, 6), 0.1, more=[(randn(4, 3, 5, dtype=f32), 0.01)])
CASES.wrong("elu_differentiated_as_relu",
            lambda x: (np.where(x > 0, x, np.expm1(np.minimum(x, 0))), x),
            lambda dout, x: dout * (x > 0), randn(6, 6))
CASES.wrong("prelu_forgets_its_learned_slope", lambda x, a: (np.where(x > 0, x, a * x), (x, a)),
            lambda dout, x, a: (dout * (x > 0), (dout * np.minimum(x, 0)).sum(axis=0)), randn(6, 4),
            np.array([0.1, 0.2, 0.3, 0.25]))
CASES.wrong("elu_right_side_only", layers.elu_forward,
            lambda dout, cache: dout * (layers.elu_backward(np.ones_like(dout), cache) == 1),
            randn(7, 5), 1.5)
CASES.wrong("smooth_leaky_right_side_only", lambda x: (0.2 * x + 0.8 * np.maximum(x, 0), x),
            lambda dout, x: dout * (x > 0), randn(6, 9, dtype=f32))
NEAR_ZERO = np.array([0.0, 1e-6, -1e-6, 1e-9, -1e-9, 0.5, -0.5, 3e-7, -2e-8, 1.0, 0.0, -2.0])
CASES.right(leaky_relu, NEAR_ZERO, 0.1, more=[(randn(5, 7, dtype=f32), 0.01)])

test_first_code, test_right = CASES.tests()
