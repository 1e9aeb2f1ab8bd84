"""A layer that raises an exception."""

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.affine import affine, affine_args
from tests.gradcheck.findings.forwards.dropout import dropout, train
from tests.gradcheck.findings.forwards.elementwise import tanh

CASES = Cases("raises")

CASES.wrong("dx_without_the_transpose_does_not_even_multiply", affine,
            lambda dout, x, w, b: (dout @ w, x.T @ dout, dout.sum(axis=0)), *affine_args(3, 5, 4),
            more=[affine_args(4, 3, 6, f32)], also=("missing-transpose",))


@CASES.backward(tanh, randn(4, 5))
def tanh_unpacks_too_much(dout, cache):
    _, out, _ = cache
    return dout * (1 - out**2)


CASES.wrong("dropout_asks_for_a_missing_key", dropout,
            lambda dout, dropout_param, mask: dout * mask / dropout_param["keep_prob"], randn(6, 4),
            train(0.3, 2))
CASES.wrong("dropout_multiplies_by_the_mask_of_test_time", course.course_dropout,
            lambda dout, dropout_param, mask: dout * mask, randn(5, 6), course.keep(0.7, "test"))

test_first_code, test_right = CASES.tests()
