"""A pooled gradient given to another element of the window than the one that was chosen."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course, windows

CASES = Cases("pool-misrouted")

CASES.wrong("max_pool_routes_to_the_minimum", windows.max_pool,
            windows.pooled(windows.routed(lambda flat: flat.argmin(axis=2))), randn(2, 2, 4, 4), 2,
            2, more=[(randn(1, 2, 6, 9, dtype=f32), 3, 3)])
CASES.wrong("max_pool_routes_to_the_first_of_the_window", windows.max_pool,
            windows.pooled(windows.routed(lambda flat: 0 * flat.argmax(axis=2))), randn(3, 2, 4, 6),
            2, 2)
CASES.wrong("max_pool_exchanges_rows_and_columns", windows.max_pool,
            windows.pooled(lambda window: windows.at_maximum(window).swapaxes(2, 3)),
            randn(2, 1, 6, 6), 3, 3)
CASES.wrong("average_pool_routes_to_the_maximum", windows.average_pool,
            windows.pooled(windows.at_maximum), randn(2, 2, 4, 6), 2, 2)


@CASES.backward(windows.row_max, randn(6, 5, dtype=f32))
def row_max_routes_one_to_the_right(dout, x):
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), (x.argmax(axis=1) + 1) % x.shape[1]] = dout
    return dx


@CASES.backward(windows.row_max, randn(4, 5, 3))
def temporal_max_routes_to_the_last_step(dout, x):
    dx = np.zeros_like(x)
    dx[:, -1] = dout
    return dx


CASES.wrong("blocks_of_two_routes_to_the_smaller", windows.blocks_of_two,
            lambda dout, x: windows.blocks_of_two.backward(dout, -x), randn(5, 8, dtype=f32))
CASES.wrong("min_pool_routes_to_the_maximum", windows.min_pool,
            lambda dout, x: windows.min_pool.backward(dout, -x), randn(4, 9))
CASES.right(windows.max_pool, randn(2, 2, 6, 6), 2, 2,
            more=[(randn(1, 2, 5, 5, dtype=f32), 3, 1), (np.round(randn(2, 2, 4, 4)), 2, 2)])
CASES.wrong("looped_pool_looks_for_the_minimum", course.looped_pool,
            course.looped_pool_slip(share=lambda window: window == window.min()),
            *course.pool_args(2, 2, 4, 4))
CASES.wrong("looped_pool_unravels_rows_for_columns", course.looped_pool,
            course.looped_pool_slip(share=course.hot(
                lambda k, window: np.unravel_index(k, window.shape[::-1])[::-1])),
            *course.pool_args(2, 2, 6, 6, height=2, width=3, stride=3))
CASES.right(course.looped_pool, *course.pool_args(2, 2, 6, 6, height=2, width=3, stride=3),
            backward=course.looped_pool_slip(share=course.hot(
                lambda k, window: np.unravel_index(k, window.shape))))

test_first_code, test_right = CASES.tests()
