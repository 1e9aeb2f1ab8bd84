"""A matrix multiplied as it is where its transpose belongs."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.affine import (
            affine,
            affine_args,
            affine_relu,
            batched_matmul,
            rnn_step,
            scores,
            sequence_product,
            weights_first,
)
from tests.gradcheck.findings.forwards.dropout import dropconnect, train

CASES = Cases("missing-transpose")

CASES.wrong("dx_without_the_transpose_of_w", affine,
            but(affine, 0, lambda dx, dout, x, w, b: dout @ w), *affine_args(3, 4, 4),
            more=[affine_args(5, 6, 6, f32)])
CASES.wrong("dw_without_the_transpose_of_x", affine,
            but(affine, 1, lambda dw, dout, x, w, b: x @ dout), *affine_args(5, 5, 4))
CASES.wrong("attention_keys_without_the_transpose", scores,
            lambda dout, q, k: (dout @ k / np.sqrt(q.shape[1]), dout @ q / np.sqrt(q.shape[1])),
            randn(5, 3), randn(5, 3, seed=1))
CASES.wrong("batched_matmul_without_transpose", batched_matmul,
            lambda dout, a, b: (dout @ b, a.swapaxes(1, 2) @ dout), randn(3, 4, 4),
            randn(3, 4, 4, seed=1))
CASES.wrong("column_layer_without_transpose", weights_first,
            lambda dout, w, x: (dout @ x.T, w @ dout), randn(4, 4), randn(4, 6))
CASES.wrong("sequence_input_without_transpose", sequence_product,
            lambda dout, x, w: (dout @ w, np.einsum("ntd,ntm->dm", x, dout)),
            randn(3, 2, 4, dtype=f32), randn(4, 4, dtype=f32))
CASES.wrong("recurrent_weights_without_the_transpose", rnn_step, but(
            rnn_step, 1, lambda dh, dout, x, h, wx, wh, out: (dout * (1 - out**2)) @ wh),
            randn(4, 3), randn(4, 5), randn(3, 5), randn(5, 5))
CASES.wrong("dropconnect_kept_weights_without_the_transpose", dropconnect, but(
            dropconnect, 0, lambda dx, dout, x, w, kept, mask, p: dout @ kept),
            randn(4, 5), randn(5, 5), train(0.5))
CASES.wrong("dx_of_affine_relu_without_the_transpose", affine_relu, but(
            affine_relu, 0, lambda dx, dout, x, w, b, a: (dout * (a > 0)) @ w),
            *affine_args(6, 5, 5))
CASES.wrong("affine_relu_of_a_class_without_the_transpose", *course.as_methods(affine_relu, but(
            affine_relu, 0, lambda dx, dout, x, w, b, a: (dout * (a > 0)) @ w)),
            *affine_args(6, 5, 5))

test_first_code, test_right = CASES.tests()
