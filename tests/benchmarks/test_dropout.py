"""The contenders of `tests.benchmarks.dropout` under pytest-benchmark (--benchmark-enable)."""

from __future__ import annotations

import pytest

from tests.benchmarks.dropout import contenders


@pytest.mark.parametrize("name", list(contenders(8)))
def test_forward_and_backward_of_a_million_units(benchmark, name):
    benchmark(contenders(1 << 20)[name])
