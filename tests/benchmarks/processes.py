"""What whole commands take, from the shell's prompt to the next: ``python -m tests.benchmarks``.

Each is a new process, as a user starts it, and its floor a process that does no more than what it
cannot do without: start the interpreter, or load NumPy as well. `processor` is the time that it and
its children have had of all processors; on a busy machine it says more than the clock.
"""

from __future__ import annotations

import functools
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests import house
from tests.benchmarks.threads import Clock

LONG = 3  # measurements of what takes seconds
START, NUMPY = ("-c", "pass"), ("-c", "import numpy")
SECONDS_AN_ITEM, SECONDS_OF_THE_LAWS, SECONDS_BESIDE_NUMPY = 0.06, 1.5, 0.05
SECONDS_OF_THE_TESTS = 240.0
NOT_COPIED = (".*", "__pycache__", "*.egg-info", "build")


@dataclass(frozen=True)
class Command:
    """A command of Python, what it may take in seconds, and what it cannot do without.

    `beside` stands for a target of so much more than its floor, `an_item` for one that grows with
    the items that the command counts.
    """

    name: str
    arguments: tuple[str, ...]
    target: float = 0.0
    floor: tuple[str, ...] = NUMPY
    beside: bool = False
    an_item: float = 0.0
    long: bool = False

    def allowed(self, floor: float, items: int) -> float:
        """Return the target in seconds.

        >>> Command("", ()).allowed(0.1, 7), Command("", (), 0.1, beside=True).allowed(0.1, 7)
        (0.0, 0.2)
        """
        return self.target + self.beside * floor + self.an_item * items


COMMANDS = (
    Command("gradcheck check layers", ("-m", "gradcheck", "check", "layers"),
            SECONDS_OF_THE_LAWS, an_item=SECONDS_AN_ITEM, long=True),
    Command("gradcheck grade solution.py",
            ("-m", "gradcheck", "grade", "notebooks/gradescope/solution.py"), 5.0, long=True),
    Command("gradcheck --version", ("-m", "gradcheck", "--version"), 0.08, START),
    Command("gradcheck --help", ("-m", "gradcheck", "--help"), 0.08, START),
    Command("import layers", ("-c", "import layers"), SECONDS_BESIDE_NUMPY, beside=True),
    Command("import nets", ("-c", "import nets"), SECONDS_BESIDE_NUMPY, beside=True),
)


@dataclass(frozen=True)
class Took:
    """What a command took, and what its floor did, in seconds; the medians of several."""

    name: str
    seconds: float
    processor: float
    target: float
    floor: float

    @property
    def line(self) -> str:
        """A line of the table."""
        return (f"{self.name:50}{self.seconds:9.2f}{self.processor:11.2f}{self.target:9.2f}"
                f"{self.floor:9.2f}{'' if self.seconds <= self.target else '   missed'}")


HEAD = f"{'a whole process, s':50}{'ours':>9}{'processor':>11}{'target':>9}{'floor':>9}"


def run(arguments: Sequence[str], python: str = sys.executable, place: Path = house.ROOT
        ) -> tuple[float, float, str]:
    """Return the seconds of a command by the clock and of the processors, and what it printed."""
    before, started = _processor(), time.perf_counter()
    done = subprocess.run([python, *arguments], cwd=place, text=True, capture_output=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}\n{done.stdout}"
                           f"\n{done.stderr}")
    return seconds, _processor() - before, done.stdout


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def items_of(printed: str) -> int:
    """Return how many items a summary counts.

    >>> items_of("layers: 59 passed in 5.9 s (132,323 coordinates, 11,926 forward calls)")
    59
    """
    found = re.findall(r"^\S+: (\d+) \w+.* in \d", printed, re.MULTILINE)
    return int(found[-1]) if found else 0


def took(command: Command, rounds: int) -> Took:
    """Measure a command and its floor in turns."""
    pairs, printed = [], ""
    for _ in range(min(rounds, LONG) if command.long else rounds):
        seconds, processor, printed = run(command.arguments)
        pairs.append((seconds, processor, run(command.floor)[0]))
    seconds, processor, floor = map(float, np.median(pairs, axis=0))
    items = items_of(printed)
    name = f"{command.name}, {items} items" if items else command.name
    return Took(name, seconds, processor, command.allowed(floor, items), floor)


@functools.cache
def measured(rounds: int) -> tuple[Took, ...]:
    """Measure all commands, once."""
    return tuple(took(command, rounds) for command in COMMANDS)


def ratios(rounds: int, clock: Clock = time.perf_counter) -> dict[str, float]:
    """Return the time of each command by that of its floor, whatever the clock: it waits."""
    return {f"{entry.name} / floor": entry.seconds / entry.floor for entry in measured(rounds)}


def of_the_tests() -> Took:
    """Measure the README's second command, in a copy of the repository and a new environment."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "maskgrad")
        shutil.copytree(house.ROOT, place, ignore=shutil.ignore_patterns(*NOT_COPIED))
        venv.create(Path(folder, "env"), with_pip=True)
        python = str(Path(folder, "env", "bin", "python"))
        parts = [run(arguments, python, place) for arguments in (
            ("-m", "pip", "install", "-q", "-e", ".[test]"), ("-m", "pytest", "-q"))]
    seconds, processor = (sum(part[i] for part in parts) for i in (0, 1))
    return Took("pip install -e '.[test]' && pytest", seconds, processor, SECONDS_OF_THE_TESTS,
                parts[0][0])
