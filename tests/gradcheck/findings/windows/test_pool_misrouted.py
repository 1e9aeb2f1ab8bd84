"""A pooled gradient given to another element of the window than the one that was chosen."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import windows

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


@CASES.backward(windows.blocks_of_two, randn(5, 8, dtype=f32))
def blocks_of_two_routes_to_the_smaller(dout, x):
    pairs = x.reshape(len(x), -1, 2)
    return (dout[:, :, None] * (pairs == pairs.min(axis=2, keepdims=True))).reshape(x.shape)


@CASES.backward(windows.min_pool, randn(4, 9))
def min_pool_routes_to_the_maximum(dout, x):
    windows = x.reshape(len(x), -1, 3)
    return (dout[:, :, None] * (windows == windows.max(axis=2, keepdims=True))).reshape(x.shape)


CASES.right(windows.max_pool, randn(2, 2, 6, 6), 2, 2,
            more=[(randn(1, 2, 5, 5, dtype=f32), 3, 1), (np.round(randn(2, 2, 4, 4)), 2, 2)])

test_first_code, test_right = CASES.tests()
