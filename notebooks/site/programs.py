"""Example programs and what they print: run by the build, so that nobody writes it down."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import random
import runpy
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Program:
    """A program, and the name of the file that it is said to stand in."""

    name: str
    source: str


def printed(program: Program) -> str:
    """Run a program in a folder of its own, and return what it prints.

    >>> printed(Program("one.py", "print(__file__)"))
    'one.py'
    """
    np.random.seed(0)  # a program whose fault is that it draws afresh prints the same each time
    random.seed(0)
    before = Path.cwd()
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(out):
        os.chdir(folder)
        try:
            Path(program.name).write_text(program.source, encoding="utf-8")
            runpy.run_path(program.name, run_name="__main__")
        finally:
            os.chdir(before)
    return out.getvalue().rstrip()


def outputs(programs: Iterable[Program], workers: Executor) -> Iterator[tuple[Program, str]]:
    """Start the programs, and return an iterator over each with what it prints."""
    every = list(programs)
    return zip(every, workers.map(printed, every, chunksize=4), strict=True)


def processes(count: int) -> ProcessPoolExecutor:
    """Return processes that run programs; a program may change what is global in its own."""
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
