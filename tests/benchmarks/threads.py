"""In how many threads the two sides of a benchmark run: as they would, or both in one.

By default each has what it takes by itself, a thread for each processor: NumPy's BLAS, our blocks
of dropout, PyTorch; NumPy's other operations have one, whatever the machine. That compares what a
user sees, on a quiet machine. Threads that wait for each other while other work runs measure that
work, so `--one-thread` gives both sides one thread and measures the processor's time.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from layers.blocked import available_threads
from nets.experiment import one_blas_thread

Clock = Callable[[], float]


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add `--one-thread` to a benchmark's options."""
    parser.add_argument("--one-thread", action="store_true",
                        help="both sides in one thread, in processor time: for a busy machine")


@contextlib.contextmanager
def clock_of(one_thread: bool) -> Iterator[Clock]:
    """Yield what to measure with: the wall's clock, or one thread and the processor's time."""
    with contextlib.ExitStack() as stack:
        if one_thread:
            stack.enter_context(one_blas_thread())
            stack.enter_context(_on_one_processor())
            stack.enter_context(_one_thread_of_torch())
        print(in_words())
        yield time.process_time if one_thread else time.perf_counter


def in_words() -> str:
    """Return versions, and how many threads each side has at the moment."""
    torch = _torch()
    peer = (f"torch {torch.__version__}, {torch.get_num_threads()} threads" if torch
            else "torch not installed")
    return (f"Python {sys.version.split()[0]}, NumPy {np.__version__}, {os.cpu_count()} processors"
            f"; threads: BLAS {_blas_threads()}, dropout {available_threads()}; {peer}")


def _torch() -> Any:
    return importlib.import_module("torch") if importlib.util.find_spec("torch") else None


def _blas_threads() -> str:
    """Return the threads of NumPy's BLAS; '?' where threadpoolctl, which knows, is absent."""
    if not importlib.util.find_spec("threadpoolctl"):
        return "?"
    pools = importlib.import_module("threadpoolctl").threadpool_info()
    return "/".join(sorted({str(pool["num_threads"]) for pool in pools
                            if pool["user_api"] == "blas"})) or "?"


@contextlib.contextmanager
def _on_one_processor() -> Iterator[None]:
    """Keep this thread on one processor, which is what our blocks of dropout go by."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def _one_thread_of_torch() -> Iterator[None]:
    torch = _torch()
    before = torch.get_num_threads() if torch else 0
    if torch:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch:
            torch.set_num_threads(before)
