"""Run `gradcheck check` on each file, in a process of its own, and keep what it says."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

GRADCHECK = (sys.executable, "-m", "gradcheck")
TIMEOUT = 120.0
ENDS = {0: "loads", 1: "loads", 2: "nothing to check", 3: "does not load"}
CRASHES, HANGS = "crashes", "hangs"
# One process a worker, no window, and no trace in the repositories.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg",
               "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Function:
    """What the checker said of one function: the pair, the loss, or a dropout's laws."""

    name: str
    status: str
    codes: tuple[str, ...] = ()
    message: str = ""

    @property
    def verdict(self) -> str:
        """The status and, where there is one, the first code: what a comparison looks at."""
        return " ".join((self.status, *self.codes[:1]))


@dataclass(frozen=True)
class Outcome:
    """How the check of one file ended."""

    file: str
    end: str
    seconds: float
    error: str = ""
    functions: tuple[Function, ...] = ()


def run_all(folder: Path, files: Sequence[str], command: Sequence[str] = GRADCHECK,
            timeout: float = TIMEOUT, workers: int = 1) -> list[Outcome]:
    """Check every file, some at a time, and return the outcomes in the files' order."""
    check = partial(run_one, folder, command=command, timeout=timeout)
    with ThreadPoolExecutor(workers) as pool:
        return list(tqdm(pool.map(check, files), total=len(files), unit="file", disable=None))


def run_one(folder: Path, file: str, *, command: Sequence[str] = GRADCHECK,
            timeout: float = TIMEOUT) -> Outcome:
    """Check one file from an empty folder, so that where one stands does not matter.

    Parameters
    ----------
    folder : Path
        The folder of repositories.
    file : str
        The file's path relative to it.
    command : sequence of str
        How the checker is called.
    timeout : float
        Seconds after which the process is killed with all that it started.
    """
    started = time.perf_counter()
    arguments = [*command, "check", str((folder / file).resolve()), "--format", "json"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as empty:
        process = subprocess.Popen(
            arguments, cwd=empty, env={**os.environ, **ENVIRONMENT}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            out = err = b""
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    seconds = time.perf_counter() - started
    if process.returncode is None:
        process.communicate()
        return Outcome(file, HANGS, seconds, f"killed after {timeout:g} s")
    return _outcome(file, process.returncode, seconds, out, err)


def _outcome(file: str, code: int, seconds: float, out: bytes, err: bytes) -> Outcome:
    """Return the outcome of a process that ended by itself."""
    try:
        record = json.loads(out)
    except ValueError:
        record = {}
    error = record.get("error") or ("" if record else err.decode(errors="replace").strip())
    end = ENDS.get(code, CRASHES)
    if end == "loads" and not record:
        end, error = CRASHES, error or f"exit code {code}, but no JSON on stdout"
    return Outcome(file, end, seconds, error, tuple(map(_function, record.get("items", ()))))


def _function(item: dict[str, Any]) -> Function:
    """Return one item of a record, with its findings' codes or the laws that failed."""
    details = item.get("details") or {}
    codes = [finding["code"] for finding in (details.get("report") or {}).get("findings", ())]
    codes += [law["name"] for law in details.get("laws", ()) if law["status"] == "failed"]
    return Function(item["name"], item["status"], tuple(codes), item.get("message", ""))


def save(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write a run as JSON."""
    path.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1) + "\n",
                    encoding="utf-8")


def load(path: Path) -> list[Outcome]:
    """Read a run that `save` wrote."""
    return [
        Outcome(**{**entry, "functions": tuple(
            Function(**{**function, "codes": tuple(function["codes"])})
            for function in entry["functions"])})
        for entry in json.loads(path.read_text(encoding="utf-8"))
    ]
