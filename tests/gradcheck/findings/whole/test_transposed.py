"""A gradient that is the transpose of the right one."""


from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards.affine import affine, affine_args, batched_matmul, rnn_step
from tests.gradcheck.findings.forwards.elementwise import tanh
from tests.gradcheck.findings.forwards.nets import spoiled_net
from tests.gradcheck.findings.forwards.windows import conv, conv_args

CASES = Cases("transposed")

CASES.wrong("tanh_returns_its_transpose", tanh, lambda dout, x, out: (dout * (1 - out**2)).T,
            randn(5, 5))
CASES.wrong("dw_multiplied_in_the_other_order", affine,
            but(affine, 1, lambda dw, dout, x, w, b: dout.T @ x), *affine_args(3, 5, 5),
            more=[affine_args(4, 6, 6, f32)])
CASES.wrong("rnn_step_recurrent_weights_transposed", rnn_step,
            but(rnn_step, 3, lambda dwh, dout, *_: dwh.T), randn(4, 3), randn(4, 5), randn(3, 5),
            randn(5, 5))
CASES.wrong("conv_dw_has_its_channels_transposed", conv,
            but(conv, 1, lambda dw, dout, *_: dw.transpose(1, 0, 2, 3)),
            *conv_args((2, 3, 5, 5), (3, 3, 2, 2)))


spoiled_net(CASES, "hidden_weights_transposed",
            lambda net, grads: grads.update(W2=grads["W2"].T.copy()), 6, 5, 5, 3)
CASES.wrong("batched_matmul_transposes_its_second", batched_matmul,
            lambda dout, a, b: (dout @ b.swapaxes(1, 2), dout.swapaxes(1, 2) @ a), randn(2, 5, 5),
            randn(2, 5, 5, seed=1))
CASES.wrong("dw_has_the_shape_of_its_transpose", affine,
            but(affine, 1, lambda dw, dout, x, *_: dout.T @ x), *affine_args(4, 3, 5))

test_first_code, test_right = CASES.tests()
