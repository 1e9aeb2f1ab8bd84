"""Pooling that takes the height of a window for its width, or the other way round."""

import numpy as np

from tests.gradcheck.findings.cases import Cases
from tests.gradcheck.findings.forwards import course

CASES = Cases("square-only")
HIGH = {"height": 3, "width": 2, "stride": 2}
WIDE = {"height": 2, "width": 3, "stride": 2}


def swapped(dout, cache):
    """The right backward with the two sides taken for one another."""
    x, param = cache
    sides = {"pool_height": param["pool_width"], "pool_width": param["pool_height"]}
    return course.looped_pool_slip()(dout, (x, {**param, **sides}))


def with_height_for_both(dout, cache):
    x, param = cache
    return course.looped_pool_slip()(dout, (x, {**param, "pool_width": param["pool_height"]}))


CASES.wrong("looped_pool_row_by_the_height", course.looped_pool,
            course.looped_pool_slip(share=course.hot(
                lambda k, window: (k // window.shape[0], k % window.shape[1]))),
            *course.pool_args(2, 2, 6, 6, height=3, width=2, stride=3))
CASES.wrong("looped_pool_looks_beyond_its_window", course.looped_pool,
            course.looped_pool_slip(share=course.hot(
                lambda k, window: np.divmod(k, window.shape[0]))),
            *course.pool_args(2, 1, 4, 7, **WIDE))
for wrong in (swapped, with_height_for_both):
    CASES.wrong(f"looped_pool_{wrong.__name__}", course.looped_pool, wrong,
                *course.pool_args(2, 1, 7, 6, **HIGH), more=[course.pool_args(1, 2, 6, 7, **WIDE)])
# By the larger side as a square, windows overlap as before: they are assigned, and that is all.
CASES.wrong("looped_pool_assigns", course.looped_pool, course.looped_pool_slip(add=False),
            *course.pool_args(2, 1, 4, 7, **WIDE), code="overlap-overwritten")
CASES.right(course.looped_pool, *course.pool_args(2, 1, 7, 6, **HIGH),
            backward=course.looped_pool_slip())

test_first_code, test_right = CASES.tests()
