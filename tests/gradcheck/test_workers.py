"""`workers` as in SciPy: whatever maps gives the same report, and its exceptions come through."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from gradcheck import check_gradient, check_layer
from gradcheck.workers import map_like
from layers import affine_backward, affine_forward

X, W, B = (np.random.default_rng(i).standard_normal(shape)
           for i, shape in enumerate([(6, 4), (4, 5), (5,)]))

# on some platforms a process is forked from one that has threads; that is the map-like's affair
forks = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def half_backward(dout, cache):
    """Wrong at dw: half of it."""
    dx, dw, db = affine_backward(dout, cache)
    return dx, 0.5 * dw, db


def numbers(report):
    return replace(report, seconds=0.0)


def check(backward, workers):
    return numbers(check_layer(affine_forward, backward, X, W, B, workers=workers))


EXPECTED = {backward: check(backward, None) for backward in (affine_backward, half_backward)}


def assert_same(workers):
    for backward, expected in EXPECTED.items():
        found = check(backward, workers)
        assert found == expected
        assert found.to_dict() == expected.to_dict()


def listed(function, items):
    assert type(items) is list
    return [function(item) for item in items]


def lazy(function, items):
    return (function(item) for item in items)


@pytest.mark.parametrize("workers", [1, map, listed, lazy], ids=["1", "map", "list", "generator"])
def test_anything_that_maps_gives_the_same_report(workers):
    assert_same(workers)


@forks
@pytest.mark.parametrize("workers", [2, -1])
def test_processes_give_the_same_report(workers):
    assert_same(workers)


def test_threads_give_the_same_report():
    with ThreadPoolExecutor(3) as pool:
        assert_same(pool.map)


@forks
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_of_processes_gives_the_same_report(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this platform cannot {method}")
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert_same(pool.map)


@forks
def test_an_executor_of_ones_own_is_used_and_left_running():
    with ProcessPoolExecutor(2) as pool:
        assert_same(pool.map)
        assert pool.submit(abs, -1).result() == 1


@forks
def test_joblib_gives_the_same_report():
    joblib = pytest.importorskip("joblib", reason="joblib is not installed (extra distributed)")

    def workers(function, items):
        return joblib.Parallel(2)(joblib.delayed(function)(item) for item in items)

    assert_same(workers)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning",
                            "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_dask_cluster_gives_the_same_report():
    distributed = pytest.importorskip(
        "distributed", reason="dask is not installed (extra distributed)")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                                  dashboard_address=None) as cluster, \
            distributed.Client(cluster) as client:
        assert_same(client.get_executor().map)


class Broken(Exception):
    pass


def broken(function, items):
    raise Broken("the cluster is gone")


def test_the_exceptions_of_a_map_like_come_through_unchanged():
    with pytest.raises(Broken, match=r"^the cluster is gone$"):
        check_layer(affine_forward, affine_backward, X, W, B, workers=broken)


def test_a_scalar_function_may_be_evaluated_by_workers():
    def f(x):
        return np.sum(x**3)

    with ThreadPoolExecutor(2) as pool:
        found = check_gradient(f, lambda x: 3 * x**2, X, workers=pool.map)
    assert numbers(found) == numbers(check_gradient(f, lambda x: 3 * x**2, X))


@pytest.mark.parametrize(("workers", "error"), [
    (0, ValueError), (-2, ValueError), (True, TypeError), (False, TypeError), (2.0, TypeError),
    ("2", TypeError), ([map], TypeError),
])
def test_other_workers_are_refused_with_the_remedy(workers, error):
    with pytest.raises(error, match=r"workers: got .*; expected .*Remedy: "), map_like(workers):
        pass


def test_bad_workers_are_refused_before_anything_is_evaluated():
    calls = []

    def forward(x):
        calls.append(1)
        return x, None

    with pytest.raises(TypeError, match="workers"):
        check_layer(forward, lambda d, c: d, X, workers="2")
    assert len(calls) <= 2


def test_none_is_a_plain_loop():
    with map_like(None) as run:
        assert run is None


def test_processes_that_map_like_started_are_gone_afterwards():
    with map_like(2) as run:
        assert list(run(abs, [-1, 2])) == [1, 2]
        pool = run.__self__
    with pytest.raises(RuntimeError):
        pool.submit(abs, 1)
