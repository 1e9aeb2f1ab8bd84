"""What holds for all tests: one BLAS thread a worker, and nothing left to chance."""

import itertools
import os

import hypothesis
import numpy as np
import pytest

# The workers of a run share the cores: BLAS threads of two of them would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# The same examples in every run, whatever time one takes on a busy machine;
# `--hypothesis-profile default` looks for others.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def repeatable(monkeypatch):
    """Draw what nobody seeds from a count: another stream a call, the same ones in every run."""
    count, default_rng, state = itertools.count(), np.random.default_rng, np.random.get_state()
    monkeypatch.setattr(np.random, "default_rng",
                        lambda seed=None: default_rng(next(count) if seed is None else seed))
    np.random.seed(0)
    yield
    np.random.set_state(state)
