"""A maximum's gradient spread over its window."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f16, f32, randn
from tests.gradcheck.findings.forwards import course, windows

CASES = Cases("pool-spread")
TIES = np.array([[1.0, 3.0, 3.0, 0.0], [2.0, 2.0, 2.0, -1.0], [0.5, 0.1, 0.2, 0.3]])

CASES.wrong("max_pool_spreads_evenly", windows.max_pool, windows.pooled(windows.evenly),
            randn(2, 3, 4, 6), 2, 2, more=[(randn(3, 1, 6, 6, dtype=f32), 3, 3)])
CASES.wrong("max_pool_gives_everybody_all", windows.max_pool, windows.pooled(np.ones_like),
            randn(2, 2, 6, 4, dtype=f16), 2, 2)
CASES.wrong("row_max_spreads_evenly", windows.row_max,
            lambda dout, x: np.repeat(dout[:, None], x.shape[1], axis=1) / x.shape[1], randn(5, 7),
            more=[(randn(3, 6, 4),)])
# Each tied maximum alone has a gradient between its one-sided slopes; all together get too much.
CASES.wrong("row_max_pays_every_tied_element_in_full", windows.row_max,
            lambda dout, x: dout[:, None] * (x == x.max(axis=1, keepdims=True)),
            np.array([[1.0, 3.0, 3.0, 0.5], [2.0, -1.0, 0.0, 1.0]]))
CASES.wrong("blocks_of_two_halves", windows.blocks_of_two,
            lambda dout, x: np.repeat(dout, 2, axis=1) / 2, randn(4, 10))
CASES.wrong("min_pool_spreads", windows.min_pool, lambda dout, x: np.repeat(dout, 3, axis=1) / 3,
            randn(5, 6, dtype=f32))


def shared_among_ties(dout, x):
    share = (x == x.max(axis=1, keepdims=True)).astype(x.dtype)
    return dout[:, None] * share / share.sum(axis=1, keepdims=True)


CASES.right(windows.row_max, TIES, name="row_max_pays_the_first_of_ties",
            more=[(randn(6, 5, dtype=f32),)])
CASES.right(windows.row_max, TIES, name="row_max_shares_among_ties", backward=shared_among_ties)
CASES.wrong("looped_pool_spreads_evenly", course.looped_pool,
            course.looped_pool_slip(share=lambda window: np.ones_like(window) / window.size),
            *course.pool_args(2, 2, 4, 4))
CASES.right(course.looped_pool, *course.pool_args(2, 2, 5, 7, height=3, width=2, stride=1))

test_first_code, test_right = CASES.tests()
