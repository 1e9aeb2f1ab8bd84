"""A gradient that is zero everywhere."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f16, f32, randn
from tests.gradcheck.findings.forwards import course, windows
from tests.gradcheck.findings.forwards.affine import affine, affine_args, bias
from tests.gradcheck.findings.forwards.dropout import dropout, train
from tests.gradcheck.findings.forwards.elementwise import logistic_total, multiply, sigmoid
from tests.gradcheck.findings.forwards.nets import spoiled_net
from tests.gradcheck.findings.forwards.normalization import arguments, layernorm

CASES = Cases("zero-gradient")

CASES.wrong("sigmoid_allocates_and_forgets_to_fill", sigmoid, lambda dout, x, out: np.zeros_like(x),
            randn(4, 7), more=[(randn(25, dtype=f32),)])
CASES.wrong("multiply_stops_the_second_gradient", multiply,
            lambda dout, a, b: (dout * b, 0 * dout * a), randn(5, 3), randn(5, 3, seed=1))
CASES.wrong("db_never_computed", affine,
            but(affine, 2, lambda db, dout, *_: np.zeros_like(db)), *affine_args(4, 5, 3, f32))


CASES.wrong("dropout_casts_its_scale_to_an_integer", dropout,
            lambda dout, param, mask: dout * np.array((1 - param["p"]) * mask, dtype=np.int64),
            randn(5, 7), train(0.4))
CASES.wrong("layernorm_leaves_dbeta_at_zero", layernorm,
            but(layernorm, 2, lambda dbeta, dout, *_: np.zeros_like(dbeta)), *arguments(4, 5, f32))


spoiled_net(CASES, "first_bias_never_moves",
            lambda net, grads: grads.update(b1=0 * grads["b1"]), 5, 7, 4)
CASES.gradient("softplus_detached", logistic_total, np.zeros_like, randn(30))
CASES.wrong("bias_integer_gradient", bias,
            but(bias, 1, lambda db, dout, *_: (db * np.array(0.2, dtype=int)).astype(db.dtype)),
            randn(3, 2, 4, dtype=f16), randn(4, dtype=f16))
CASES.wrong("log_scale_never_learned", lambda x, w: (x * np.exp(w), (x, w)),
            lambda dout, _, w: (dout * np.exp(w), np.zeros(w.shape, w.dtype)), randn(5, 4),
            randn(4, dtype=f32))
CASES.wrong("conv_allocates_db_only", course.looped_conv,
            course.looped_conv_slip(db=lambda dout: np.zeros(dout.shape[1])),
            *windows.conv_args((2, 2, 5, 4), (3, 2, 3, 3)))
spoiled_net(CASES, "only_the_penalty_arrives",
            lambda net, grads: grads.update(W1=net.reg * net.params["W1"]), 4, 6, 3)

test_first_code, test_right = CASES.tests()
