"""A gradient whose samples come in reverse order."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards import normalization as norm
from tests.gradcheck.findings.forwards.affine import affine, affine_args, bias, sequence_product
from tests.gradcheck.findings.forwards.elementwise import relu, sigmoid

CASES = Cases("batch-reversed")

CASES.wrong("relu_returns_the_batch_reversed", relu, lambda dout, x: (dout * (x > 0))[::-1],
            randn(6, 5, dtype=f32))


@CASES.backward(sigmoid, randn(7, 3))
def sigmoid_prepends_each_sample(dout, x, out):
    rows = []
    for i in range(len(out)):
        rows.insert(0, dout[i] * out[i] * (1 - out[i]))
    return np.array(rows)


CASES.wrong("affine_returns_the_batch_reversed", affine,
            but(affine, 0, lambda dx, dout, x, w, b: dx[::-1]), *affine_args(6, 3, 4))
CASES.wrong("layernorm_returns_the_batch_reversed", norm.layernorm,
            but(norm.layernorm, 0, lambda dx, dout, *_: dx[::-1]), *norm.arguments(6, 5))
CASES.wrong("bias_flips_the_batch", bias, lambda dout, cache: (np.flipud(dout), dout.sum(axis=0)),
            randn(8, 2), randn(2))
CASES.wrong("cumsum_returns_its_batch_reversed", lambda x: (np.cumsum(x, axis=1), None),
            lambda dout, cache: np.cumsum(dout[:, ::-1], axis=1)[::-1, ::-1], randn(5, 7))
CASES.right(lambda x: (np.cumsum(x, axis=0), None), randn(9, 4), name="cumsum",
            backward=lambda dout, cache: np.cumsum(dout[::-1], axis=0)[::-1])
CASES.wrong("dw_from_the_steps_reversed", sequence_product, but(
            sequence_product, 1, lambda dw, dout, x, w: np.einsum("ntd,ntm->dm", x, dout[:, ::-1])),
            randn(4, 3, 5), randn(5, 2))

test_first_code, test_right = CASES.tests()
