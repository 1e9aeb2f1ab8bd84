"""A normalization whose mean is taken for a constant."""

from tests.gradcheck.findings.cases import Cases, f16, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards import normalization as norm

CASES = Cases("mean-constant")

CASES.wrong("centring_taken_for_the_identity", lambda x: (x - x.mean(axis=0), None),
            lambda dout, cache: dout.copy(), randn(5, 7), more=[(randn(4, 3, 2, dtype=f16),)])
CASES.wrong("batchnorm_forgets_the_mean", norm.batchnorm, norm.slip(0, mean_term=0),
            *norm.arguments(6, 4), more=[norm.arguments(9, 5, f32)])
CASES.wrong("layernorm_forgets_the_mean", norm.layernorm, norm.slip(-1, mean_term=0),
            *norm.arguments(5, 6, f32))
CASES.wrong("images_without_the_mean", norm.images_norm, norm.std_slip((0, 2, 3), mean_term=0),
            *norm.IMAGES)
CASES.wrong("time_layernorm_without_the_mean_path", norm.time_layernorm,
            norm.std_slip(-1, mean_term=0), *norm.TIME)
CASES.wrong("staged_batchnorm_stops_at_dxmu", norm.staged_batchnorm,
            lambda dout, cache: norm.staged(dout, cache, dmu=False), *norm.staged_args(5, 3),
            more=[norm.staged_args(12, 2, f32)])
CASES.wrong("paper_batchnorm_without_dmu", course.paper_batchnorm, course.paper_slip(mean=0),
            *norm.arguments(6, 4))
CASES.wrong("transposed_layernorm_without_its_first_sum", course.transposed_layernorm,
            course.transposed_slip(first=0), *norm.arguments(5, 6))

test_first_code, test_right = CASES.tests()
