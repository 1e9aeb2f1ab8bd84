"""A gradient that has not the shape of its argument."""

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards.affine import affine, affine_args, bias
from tests.gradcheck.findings.forwards.windows import conv, conv_args, conv_padded

CASES = Cases("wrong-shape")

CASES.wrong("db_keeps_the_batch_axis", affine,
            but(affine, 2, lambda db, dout, x, w, b: dout.sum(axis=0, keepdims=True)),
            *affine_args(4, 5, 3), more=[affine_args(6, 2, 4, f32)])
CASES.wrong("dx_left_flat", affine,
            lambda dout, x, w, b: (dout @ w.T, x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)),
            randn(4, 2, 3), randn(6, 5), randn(5))
CASES.wrong("dw_has_the_shape_of_its_transpose", affine,
            but(affine, 1, lambda dw, dout, x, w, b: dw.T), *affine_args(3, 5, 4),
            also=("transposed",))
CASES.wrong("db_not_summed", affine, but(affine, 2, lambda db, dout, x, w, b: dout.copy()),
            *affine_args(5, 4, 6))


CASES.wrong("affine_forgets_to_return_db", affine,
            lambda dout, cache: affine.backward(dout, cache)[:2], *affine_args(3, 4, 2))
CASES.wrong("conv_returns_the_padded_gradient", conv, conv_padded,
            *conv_args((2, 2, 4, 4), (2, 2, 3, 3), pad=1), also=("padding-crop",))
# Its shape is wrong because it sums over one axis too many.
CASES.wrong("bias_summed_to_a_scalar", bias, lambda dout, cache: (dout, dout.sum()), randn(4, 3),
            randn(3), also=("wrong-axis-sum",))
CASES.wrong("dx_left_at_none", affine, but(affine, 0, lambda dx, *_: None), *affine_args(4, 3, 5))

test_first_code, test_right = CASES.tests()
