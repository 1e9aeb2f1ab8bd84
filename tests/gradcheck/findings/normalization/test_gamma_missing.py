"""A normalization whose dx forgets gamma."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards import normalization as norm

CASES = Cases("gamma-missing")

CASES.wrong("batchnorm_forgets_gamma", norm.batchnorm, norm.slip(0, gamma_used=False),
            *norm.arguments(8, 4), more=[norm.arguments(5, 7, f32)])
CASES.wrong("layernorm_forgets_gamma", norm.layernorm, norm.slip(-1, gamma_used=False),
            *norm.arguments(4, 6))
CASES.wrong("group_norm_forgets_gamma", norm.group_norm, norm.slip(2, gamma_used=False),
            *norm.group_norm_args(3, 4, 3, 2, 2))
CASES.wrong("test_time_batchnorm_forgets_gamma", norm.batchnorm_at_test_time,
            but(norm.batchnorm_at_test_time, 0, lambda dx, dout, xhat, gamma, ivar, _: dout * ivar),
            *norm.arguments(6, 4)[:3], norm.TEST_MODE)
CASES.wrong("rms_norm_forgets_gamma", norm.rms_norm,
            but(norm.rms_norm, 0, lambda dx, dout, xhat, irms, gamma: norm.dx_of(
                dout, xhat, irms, 1, mean_term=0)),
            randn(3, 6, dtype=f32), (1 + randn(6) ** 2).astype(f32))
CASES.wrong("images_without_gamma", norm.images_norm, norm.std_slip((0, 2, 3), gamma_used=False),
            *norm.IMAGES)
CASES.wrong("time_layernorm_without_gamma", norm.time_layernorm,
            norm.std_slip(-1, gamma_used=False), *norm.TIME)
CASES.wrong("staged_batchnorm_starts_from_dout", norm.staged_batchnorm,
            lambda dout, cache: norm.staged(dout, cache, gamma_used=False), *norm.staged_args(7, 4))
CASES.wrong("paper_batchnorm_forgets_gamma", course.paper_batchnorm,
            course.paper_slip(use_gamma=False), *norm.arguments(6, 4))
CASES.wrong("transposed_layernorm_forgets_gamma", course.transposed_layernorm,
            course.transposed_slip(use_gamma=False), *norm.arguments(5, 6))
CASES.wrong("paper_batchnorm_forgets_gamma_in_its_first_term", course.paper_batchnorm, but(
            course.paper_batchnorm, 0, lambda dx, dout, x, mu, var, eps, gamma, xhat:
            dx + dout * (1 - gamma) / np.sqrt(var + eps)), *norm.arguments(6, 4))

test_first_code, test_right = CASES.tests()
