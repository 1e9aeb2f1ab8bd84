"""A gradient that is minus the right one."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f16, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.affine import affine, affine_args
from tests.gradcheck.findings.forwards.losses import cross_entropy, labels, one_hot, squared_error
from tests.gradcheck.findings.forwards.nets import spoiled_net

CASES = Cases("sign-flipped")

CASES.wrong("cosine_derivative_without_minus", lambda x: (np.cos(x), x),
            lambda dout, x: dout * np.sin(x), randn(4, 5), more=[(randn(30, dtype=f32),)])
CASES.wrong("reciprocal_derivative_without_minus", lambda x: (1 / x, x),
            lambda dout, x: dout / x**2, 1 + np.abs(randn(3, 4, 2)))
CASES.wrong("difference_adds_both", lambda a, b: (a - b, None),
            lambda dout, cache: (dout.copy(), dout.copy()), randn(4, 7, dtype=f16),
            randn(4, 7, seed=1, dtype=f16))
CASES.wrong("db_ignores_the_minus", lambda x, w, b: (x @ w - b, (x, w, b)),
            affine.backward, *affine_args(4, 5, 3))
CASES.wrong("cross_entropy_label_minus_probability", cross_entropy,
            lambda dout, probs, y: dout * (one_hot(probs, y) - probs) / len(y), randn(5, 3),
            labels(5, 3))
CASES.wrong("squared_error_target_minus_prediction", squared_error,
            lambda dout, x, target: dout * 2 * (target - x) / x.size, randn(6, 3, dtype=f32),
            randn(6, 3, dtype=f32, seed=1), wrt=[0])
CASES.wrong("huber_descends",
            lambda x: (np.where(np.abs(x) <= 1, 0.5 * x**2, np.abs(x) - 0.5).sum(), x),
            lambda dout, x: -dout * np.clip(x, -1, 1), 2 * randn(6, 4))


spoiled_net(CASES, "last_weights_ascend", lambda net, grads: grads.update(W2=-grads["W2"]),
            4, 6, 3, reg=0.0)
CASES.wrong("squared_distance_ascends",
            lambda x, target: (0.5 * ((target - x) ** 2).sum(), (x, target)),
            lambda dout, x, target: dout * (target - x), randn(5, 3), randn(5, 3, seed=2), wrt=[0])
CASES.wrong("decay_without_the_chain_rule", lambda x: (np.exp(-x), np.exp(-x)),
            lambda dout, out: dout * out, randn(6, 4))
CASES.gradient("entropy_descends", lambda x: -(x * np.log(x)).sum(), lambda x: np.log(x) + 1,
               0.1 + randn(12) ** 2)
CASES.gradient("svm_of_weights_ascends", course.svm_of_weights(0),
               lambda W: -course.looped_svm(0)(W), randn(4, 3))

test_first_code, test_right = CASES.tests()
