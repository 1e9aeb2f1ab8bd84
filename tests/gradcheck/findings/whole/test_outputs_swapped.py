"""Right gradients returned in the wrong order."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f16, f32, randn
from tests.gradcheck.findings.forwards import normalization as norm
from tests.gradcheck.findings.forwards.affine import affine, affine_args, scale_shift
from tests.gradcheck.findings.forwards.elementwise import multiply, product_of_three

CASES = Cases("outputs-swapped")


def reordered(forward, *order):
    """Return forward's backward with its gradients in another order."""
    return lambda dout, cache: tuple(forward.backward(dout, cache)[place] for place in order)


CASES.wrong("multiply_returns_its_own_factor", multiply, lambda dout, a, b: (dout * a, dout * b),
            randn(4, 5), randn(4, 5, seed=1),
            more=[(randn(3, 2, 4, dtype=f32), randn(3, 2, 4, seed=1, dtype=f32))])
CASES.wrong("scale_and_shift_returned_in_the_wrong_order", scale_shift,
            reordered(scale_shift, 0, 2, 1), randn(6, 4), randn(4), randn(4, seed=1),
            more=[(randn(5, 3, dtype=f16), randn(3, dtype=f16), randn(3, seed=1, dtype=f16))])
CASES.wrong("dx_and_dw_swapped", affine, reordered(affine, 1, 0, 2), *affine_args(4, 4, 4))
CASES.wrong("concatenate_splits_in_the_wrong_order",
            lambda a, b: (np.concatenate([a, b], axis=1), a.shape[1]),
            lambda dout, width: (dout[:, width:], dout[:, :width]), randn(4, 3),
            randn(4, 3, seed=1))
CASES.wrong("batchnorm_returns_dbeta_before_dgamma", norm.batchnorm,
            reordered(norm.batchnorm, 0, 2, 1), *norm.arguments(5, 6),
            more=[norm.arguments(6, 3, f32)])
CASES.wrong("product_rotates_its_gradients", product_of_three, reordered(product_of_three, 1, 0, 2),
            *(randn(3, 4, seed=s) for s in range(3)))
CASES.wrong("staged_batchnorm_returns_beta_first", norm.staged_batchnorm,
            reordered(norm.staged_batchnorm, 0, 2, 1), *norm.staged_args(9, 5, f32))
# Each gradient alone is also a scaled one.
CASES.wrong("weighted_sum_with_swapped_weights", lambda a, b: (a * 2 + b * 3, None),
            lambda dout, cache: (3 * dout, 2 * dout), randn(4, 3), randn(4, 3, seed=1),
            also=("scaled",))
CASES.wrong("dx_and_dw_swapped_with_their_shapes", affine, reordered(affine, 1, 0, 2),
            *affine_args(4, 6, 3))

test_first_code, test_right = CASES.tests()
