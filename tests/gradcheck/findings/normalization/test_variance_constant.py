"""A normalization whose variance is taken for a constant."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards import normalization as norm

CASES = Cases("variance-constant")

CASES.wrong("batchnorm_forgets_the_variance", norm.batchnorm, norm.slip(0, variance_term=0),
            *norm.arguments(7, 3), more=[norm.arguments(5, 6, f32)])
CASES.wrong("layernorm_forgets_the_variance", norm.layernorm, norm.slip(-1, variance_term=0),
            *norm.arguments(4, 8))
CASES.wrong("group_norm_forgets_the_variance", norm.group_norm, norm.slip(2, variance_term=0),
            *norm.group_norm_args(2, 6, 3, 2, 3, f32))
CASES.wrong("instance_norm_forgets_the_variance", norm.instance_norm,
            lambda dout, xhat, ivar: ivar * (dout - norm.mean(dout, (2, 3))), randn(3, 2, 3, 4))
CASES.wrong("time_layernorm_without_the_variance_path", norm.time_layernorm,
            norm.std_slip(-1, variance_term=0), *norm.TIME)
CASES.wrong("staged_batchnorm_drops_dvar", norm.staged_batchnorm,
            lambda dout, cache: norm.staged(dout, cache, dvar_factor=0), *norm.staged_args(4, 6))


def l2_normalize(x):
    size = np.linalg.norm(x, axis=1, keepdims=True)
    return x / size, (x / size, size)


CASES.wrong("l2_norm_taken_for_constant", l2_normalize, lambda dout, out, size: dout / size,
            randn(5, 4))
CASES.right(l2_normalize, randn(5, 4), more=[(1e-6 * randn(6, 3),)],
            backward=lambda dout, out, size: norm.dx_of(dout, out, 1 / size, 1, 0, out.shape[1]))
CASES.right(lambda x: (np.var(x, axis=1), x), randn(5, 6), more=[(100 + randn(4, 5, dtype=f32),)],
            backward=lambda dout, x: dout[:, None] * 2 * (x - norm.mean(x, 1)) / x.shape[1],
            name="np_var")


def standardize(x):
    std = np.std(x, axis=0)
    out = (x - x.mean(axis=0)) / std
    return out, (out, 1 / std)


CASES.right(standardize, randn(7, 4), more=[(0.02 * randn(2, 6),), (3 * randn(2, 3, seed=4),)],
            backward=lambda dout, out, ivar: norm.dx_of(dout, out, ivar, 0))
CASES.right(norm.layernorm, *norm.with_scale(randn(5, 7)), more=[norm.with_scale(x) for x in (
    3 + 1e-6 * randn(4, 6), randn(7, 2, dtype=f32), 30 * randn(5, 2, dtype=f32),
    randn(3, 8, dtype=f32))])
CASES.wrong("paper_batchnorm_without_dvar", course.paper_batchnorm, course.paper_slip(half=0),
            *norm.arguments(6, 4))
CASES.wrong("transposed_layernorm_without_its_last_term", course.transposed_layernorm,
            course.transposed_slip(last=0), *norm.arguments(5, 6))

test_first_code, test_right = CASES.tests()
