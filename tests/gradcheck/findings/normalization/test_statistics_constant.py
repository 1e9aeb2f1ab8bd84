"""A normalization whose mean and variance are both taken for constants."""


from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards import normalization as norm

CASES = Cases("statistics-constant")
FIXED = {"mean_term": 0, "variance_term": 0}

CASES.wrong("batchnorm_with_fixed_statistics", norm.batchnorm, norm.slip(0, **FIXED),
            *norm.arguments(6, 5), more=[norm.arguments(8, 3, f32)])
CASES.wrong("layernorm_with_fixed_statistics", norm.layernorm, norm.slip(-1, **FIXED),
            *norm.arguments(3, 7))
CASES.wrong("group_norm_with_fixed_statistics", norm.group_norm, norm.slip(2, **FIXED),
            *norm.group_norm_args(3, 4, 2, 3, 2))
CASES.wrong("images_with_fixed_statistics", norm.images_norm, norm.std_slip((0, 2, 3), **FIXED),
            *norm.IMAGES)
CASES.wrong("staged_batchnorm_drops_both", norm.staged_batchnorm,
            lambda dout, cache: norm.staged(dout, cache, dvar_factor=0, dmu=False),
            *norm.staged_args(10, 3, f32))

for x in (randn(6, 4), 2 + 1e-4 * randn(6, 4), randn(2, 5), 1e6 * randn(5, 3), 1e-8 * randn(5, 3),
          randn(8, 3, dtype=f32), randn(2, 4, dtype=f32), 800 * randn(2, 5, dtype=f32)):
    CASES.right(norm.batchnorm, *norm.with_scale(x))
for backward in (course.batchnorm_in_one_line, course.batchnorm_by_means):
    CASES.right(course.paper_batchnorm, *norm.arguments(7, 4), backward=backward)

test_first_code, test_right = CASES.tests()
