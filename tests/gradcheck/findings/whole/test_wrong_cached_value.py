"""A formula fed with another cached array than the one it needs."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32, paired, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.affine import hidden_relu, rnn_step, two_layers
from tests.gradcheck.findings.forwards.elementwise import product_of_three, sigmoid, tanh

CASES = Cases("wrong-cached-value")

CASES.wrong("tanh_derivative_at_x", tanh, lambda dout, x, out: dout * (1 - x**2), randn(4, 6),
            more=[(randn(2, 3, 4, dtype=f32),)])
CASES.wrong("sigmoid_derivative_at_x", sigmoid, lambda dout, x, out: dout * x * (1 - x),
            randn(5, 4))


CASES.wrong("exponential_multiplies_by_x", lambda x: (np.exp(x), (x, np.exp(x))),
            lambda dout, x, out: dout * x, randn(3, 8))


CASES.wrong("second_weights_fed_the_preactivation", two_layers,
            but(two_layers, 2, lambda dw2, dout, x, w1, w2, a, h: a.T @ dout),
            randn(6, 4), randn(4, 5), randn(5, 3),
            more=[(randn(5, 3, dtype=f32), randn(3, 6, dtype=f32), randn(6, 2, dtype=f32))])
CASES.wrong("dict_tanh_differentiated_at_its_input",
            lambda x: (np.tanh(x), {"x": x, "out": np.tanh(x)}),
            lambda dout, cache: dout * (1 - np.square(cache["x"])), randn(9))


CASES.wrong("softplus_sigmoid_of_its_output",
            lambda x: (np.logaddexp(0, x), (np.logaddexp(0, x), x)),
            lambda dout, out, x: dout / (1 + np.exp(-out)), randn(5, 5))
CASES.wrong("product_multiplies_by_the_wrong_factor", product_of_three,
            lambda dout, a, b, c: (dout * b * c, dout * a * c, dout * a * a),
            *(randn(4, 3, seed=s) for s in range(3)))
for x in (40 * randn(5, 5), np.array([-16.0, -13.0, -9.0, 0.3, 11.0, 12.0, 14.5, 17.0]),
          np.array([12.0, 13.0, -14.0]), 1e-8 * randn(6, 2), np.zeros((3, 5)), np.array(0.3),
          randn(1), randn(8, 10)[::2, ::-3], randn(6, 4).T):
    CASES.right(tanh, x)
CASES.wrong("rnn_step_differentiated_at_its_previous_state", rnn_step,
            lambda dout, x, h, wx, wh, out: rnn_step.backward(dout, (x, h, wx, wh, h)),
            randn(4, 3), randn(4, 5), randn(3, 5), randn(5, 5))
CASES.wrong("tanh_caches_its_input_alone", lambda x: (np.tanh(x), x),
            lambda dout, x: dout * (1 - x**2), randn(4, 6))
CASES.wrong("softplus_caches_its_output_alone", lambda x: (np.logaddexp(0, x),) * 2,
            lambda dout, out: dout / (1 + np.exp(-out)), randn(4, 6))
CASES.wrong("second_weights_fed_uncut", hidden_relu, but(
            hidden_relu, 2, lambda dw2, dout, x, w1, w2, mask: (x @ w1).T @ dout),
            randn(6, 4), randn(4, 7), randn(7, 3))
CASES.wrong("tanh_of_a_class_differentiated_at_its_input",
            *course.as_methods(tanh, lambda dout, x, out: dout * (1 - x**2)), randn(4, 6))
CASES.wrong("logarithm_of_a_class_divides_by_its_output", *course.as_methods(
            paired("log", lambda x: (np.log(x), (x, np.log(x))), lambda dout, x, out: dout / x),
            lambda dout, x, out: dout / out), np.exp(randn(4, 6)))

test_first_code, test_right = CASES.tests()
