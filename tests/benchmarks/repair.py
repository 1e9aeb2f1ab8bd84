"""How often the line of a slip is found, and the edit: a table by kind of slip and by layer.

    python -m tests.benchmarks.repair               a sample of a few minutes
    python -m tests.benchmarks.repair --full        every single slip, double ones, known ones

Layers that are right, in several hands, get slips by rules that know nothing of the edits that are
tried. An edit is false if the layer, with it, fails at sizes that the search never saw. Seconds,
those of the search's limits as well, are the processor's, whatever else the machine does.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib.util
import inspect
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np

from gradcheck import check_layer
from gradcheck.repair import limit
from tests.benchmarks.repair_examples import EXAMPLES, KNOWN, function
from tests.benchmarks.slips import Slip, slips

SAMPLE = {"single": 90, "double": 20, "known": 30}
FULL = {"single": 700, "double": 120, "known": 10**6}
SIZES = (1, 2)
# Which edits mend what a code says; a code without a cause of its own is not in it.
FACTOR = {"factor", "deletion", "constant", "operator", "function", "exponent", "rewritten", "axis",
          "borrowed", "unread", "name"}
ARRAY = {"array-factor", "name", "other-name", "unread", "borrowed", "wider", "rewritten",
         "operator"}
SHAPE = {"transpose", "order", "axis", "keepdims", "shape", "name", "call", "other-name"}
CAUSES = {
    "scaled": FACTOR, "not-normalized": FACTOR, "variance-term-scaled": FACTOR,
    "sign-flipped": {"sign", "operator", "order", "function", "comparison"},
    "mask-inverted": {"comparison", "sign", "operator"}, "mask-not-applied": ARRAY,
    "dout-ignored": ARRAY, "uses-x-not-xhat": ARRAY, "wrong-cached-value": ARRAY,
    "wrong-threshold": {"constant", "comparison", "name"}, "mask-mismatch": {"name", "comparison"},
    "transposed": SHAPE, "missing-transpose": SHAPE, "wrong-shape": SHAPE | ARRAY | {"deletion"},
    "wrong-axis-sum": {"axis", "function", "keepdims", "call", "transpose"},
    "outputs-swapped": {"order", "name"}, "overlap-overwritten": {"operator", "scatter"},
    "samples-ignored": {"operator", "bounds", "constant", "axis"},
    "mean-constant": {"term", "name", "operator", "borrowed", "unread", "function", "other-name"},
    "variance-constant": {"term", "name", "operator", "borrowed", "unread", "function"},
    "regularization-missing": {"term", "unread", "borrowed"},
    "nonlinear-in-dout": ARRAY | {"exponent", "deletion", "function", "order"},
}
COLUMNS = ("slips", "repaired", "line", "next", "restored", "false", "median s", "p90 s")


@dataclass
class Outcome:
    """What came of one slip."""

    slip: Slip
    group: str
    seconds: float = 0.0
    repaired: bool = False
    false: bool = False
    restored: bool = False
    distance: int | None = None
    codes: tuple[str, ...] = ()
    kind: str = ""
    diff: str = ""


@dataclass
class Bench:
    """The right functions as text, and a folder for the wrong ones."""

    folder: Path
    count: int = 0
    right: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in EXAMPLES:
            source = inspect.getsource(function(f"{name}_backward"))
            self.right[name] = ast.unparse(ast.parse(source))

    def tree(self, name: str) -> ast.FunctionDef:
        """Return the right backward."""
        node = ast.parse(self.right[name]).body[0]
        assert isinstance(node, ast.FunctionDef)
        return node

    def module(self, slip: Slip, source: str | None = None) -> ModuleType:
        """Return a module with the right forward and the wrong backward, from a file."""
        forward = inspect.getsource(function(f"{slip.layer}_forward"))
        text = source or f"import numpy as np\n\n\n{forward}\n\n{slip.source}\n"
        self.count += 1
        path = self.folder / f"slip_{self.count}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def report(self, module: ModuleType, slip: Slip, size: int = 0, repair: str | None = None
               ) -> Any:
        """Return the check's report at arguments of one size."""
        args = EXAMPLES[slip.layer](np.random.default_rng(size), size)
        pair = (getattr(module, f"{slip.layer}_{way}") for way in ("forward", "backward"))
        return check_layer(*pair, *args, repair=repair, progress=False)

    def tried(self, slip: Slip, group: str) -> Outcome | None:
        """Return what comes of a slip; None where the layer is right all the same."""
        module = self.module(slip)
        started = time.process_time()
        plain = self.report(module, slip)
        spent = time.process_time() - started
        if plain.status != "failed":
            return None
        started = time.process_time()
        with mock.patch.object(time, "monotonic", time.process_time), \
                mock.patch.object(limit, "GRACE", 60.0):
            report = self.report(module, slip, repair="diff")
        outcome = Outcome(slip, group, time.process_time() - started - spent,
                          codes=tuple(finding.code for finding in report.findings))
        proved = [repair for repair in report.repairs if repair.diff]
        for repair in proved[:1]:
            self._judged(outcome, slip, module, repair)
        if not proved and report.repairs:
            outcome.distance = _distance(slip, self.right[slip.layer], report.repairs[0].line,
                                         module)
            outcome.kind = "suspect"
        return outcome

    def _judged(self, outcome: Outcome, slip: Slip, module: ModuleType, repair: Any) -> None:
        """Hold a repair to sizes that it was not made at, and to the author's text."""
        assert module.__file__
        before = Path(module.__file__).read_text()
        mended = applied(before, repair.diff)
        other = self.module(slip, mended)
        outcome.repaired, outcome.kind, outcome.diff = True, repair.kind, repair.diff
        outcome.false = any(self.report(other, slip, size).status not in ("passed", "warned")
                            for size in SIZES)
        function = inspect.getsource(getattr(other, f"{slip.layer}_backward"))
        outcome.restored = ast.unparse(ast.parse(function)) == self.right[slip.layer]
        outcome.distance = _distance(slip, self.right[slip.layer], repair.line, module)


def applied(text: str, diff: str) -> str:
    """Return a text with a unified diff applied."""
    lines, shift = text.splitlines(), 0
    place = 0
    for row in diff.splitlines()[2:]:
        if row.startswith("@@"):
            place = int(row.split()[1].split(",")[0][1:]) - 1 + shift
        elif row.startswith("-"):
            lines.pop(place)
            shift -= 1
        elif row.startswith("+"):
            lines.insert(place, row[1:])
            place, shift = place + 1, shift + 1
        elif not row.startswith("\\"):
            place += 1
    return "\n".join(lines) + "\n"


def _distance(slip: Slip, right: str, line: int, module: ModuleType) -> int:
    """Return how many lines a repair is from the slip."""
    start = inspect.getsourcelines(getattr(module, f"{slip.layer}_backward"))[1]
    wrong = slip.source.splitlines()
    matcher = difflib.SequenceMatcher(None, wrong, right.splitlines(), autojunk=False)
    spots = [spot for what, i, j, _, _ in matcher.get_opcodes() if what != "equal"
             for spot in range(i, max(j, i + 1))]
    return min((abs(line - start - spot) for spot in spots), default=99)


def cases(bench: Bench, counts: dict[str, int], seed: int) -> Iterator[tuple[str, Slip]]:
    """Yield slips group by group, drawn alike from all layers."""
    rng = random.Random(seed)
    single = {name: list(slips(name, bench.tree(name))) for name in EXAMPLES}
    for found in single.values():
        rng.shuffle(found)
    yield from (("single", slip) for slip in _spread(single, counts["single"]))
    double = {}
    for name, found in single.items():
        firsts = rng.sample(found, min(6, len(found)))
        seconds = [list(slips(name, _parsed(first.source))) for first in firsts]
        double[name] = [Slip(name, f"{first.kind} + {other.kind}", other.source)
                        for first, others in zip(firsts, seconds, strict=True)
                        for other in rng.sample(others, min(1, len(others)))]
    yield from (("double", slip) for slip in _spread(double, counts["double"]))
    known = [Slip(name, "known", bench.right[name].replace(
        ast.unparse(ast.parse(before)) if _is_code(before) else before, after, 1))
        for name, before, after in KNOWN]
    known = [slip for slip in known if slip.source != bench.right[slip.layer]]
    rng.shuffle(known)
    yield from (("known", slip) for slip in known[:counts["known"]])


def _is_code(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return text[0] not in " +-"


def _parsed(source: str) -> ast.FunctionDef:
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


def _spread(found: dict[str, list[Slip]], count: int) -> Iterator[Slip]:
    """Yield so many slips, one a layer in turn."""
    rounds = [entry for i in range(max(map(len, found.values()))) for entry in (
        slips_of[i] for slips_of in found.values() if i < len(slips_of))]
    yield from rounds[:count]


def table(outcomes: Sequence[Outcome], key: Any) -> str:
    """Return counts and shares by group, by kind, or by layer."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[key(outcome)].append(outcome)
    rows = [("", *COLUMNS)]
    for name, found in sorted(groups.items()):
        right = [entry for entry in found if entry.repaired]
        pointed = [entry for entry in found if entry.distance is not None]
        seconds = sorted(entry.seconds for entry in found)
        share = _share(found)
        rows.append((name, str(len(found)), share(right), share(
            [e for e in pointed if e.distance == 0]), share(
                [e for e in pointed if e.distance == 1]),
            share([e for e in right if e.restored]), str(sum(e.false for e in right)),
            f"{statistics.median(seconds):.2f}", f"{seconds[int(0.9 * len(seconds))]:.2f}"))
    return _aligned(rows)


def _share(found: Sequence[Outcome]) -> Any:
    return lambda some: f"{100 * len(some) / len(found):.0f} %"


def main(argv: Sequence[str] | None = None) -> list[Outcome]:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=tuple(SAMPLE))
    parser.add_argument("-v", "--verbose", action="store_true",
                        help="print each case on stderr, with what was not repaired, or falsely")
    parser.add_argument("--count", type=int, help="so many of each group at most")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args(argv)
    outcomes: list[Outcome] = []
    counts = {name: min(count, options.count or count)
              for name, count in (FULL if options.full else SAMPLE).items()}
    with tempfile.TemporaryDirectory() as folder:
        wanted = [case for case in cases(Bench(Path(folder)), counts, options.seed)
                  if options.only in (None, case[0])]
        for found in tried_by(options.processes, wanted, folder):
            outcomes += [found] if found else []
            if found and options.verbose:
                print(told(found), file=sys.stderr, flush=True)
    for key in (lambda e: e.group, lambda e: f"{e.group[0]}: {e.slip.kind}"
                if e.group != "double" else "d: two slips", lambda e: e.slip.layer):
        print(table(outcomes, key), end="\n\n")
    print(table_of_codes(outcomes), end="\n\n")
    unnamed = [e for e in outcomes if "unexplained" in e.codes]
    print(f"of {len(unnamed)} that the codes leave unexplained, {sum(e.repaired for e in unnamed)}"
          " are repaired")
    return outcomes


def tried_by(processes: int, wanted: Sequence[tuple[str, Slip]], folder: str
             ) -> Iterator[Outcome | None]:
    """Yield what comes of each case, in order; with several processes in any."""
    shares = [(wanted[i::processes], str(Path(folder) / f"share_{i}")) for i in range(processes)]
    if processes == 1:
        yield from _share_tried(shares[0])
        return
    pieces = [([case], share) for cases_of, share in shares for case in cases_of]
    with multiprocessing.Pool(processes) as pool:
        for found in pool.imap_unordered(_listed, pieces):
            yield from found


def _listed(share: tuple[Sequence[tuple[str, Slip]], str]) -> list[Outcome | None]:
    return list(_share_tried((share[0], f"{share[1]}_{os.getpid()}")))


def _share_tried(share: tuple[Sequence[tuple[str, Slip]], str]) -> Iterator[Outcome | None]:
    wanted, folder = share
    with tempfile.TemporaryDirectory(prefix=Path(folder).name) as own, np.errstate(all="ignore"):
        bench = Bench(Path(own))
        for group, slip in wanted:
            yield bench.tried(slip, group)


def table_of_codes(outcomes: Sequence[Outcome]) -> str:
    """Return what today's codes say of single slips, and which edits repair those."""
    rows = [("", "slips", "repaired", "agrees", "edits")]
    codes = sorted({code for entry in outcomes for code in entry.codes})
    for code in codes:
        found = [e for e in outcomes if e.group != "double" and code in e.codes]
        kinds = Counter(e.kind for e in found if e.repaired)
        meant = CAUSES.get(code)
        agree = sum(count for kind, count in kinds.items() if meant and kind in meant)
        rows.append((code, str(len(found)), str(kinds.total()), str(agree) if meant else "-",
                     ", ".join(f"{kind} {n}" for kind, n in kinds.most_common(5))))
    return _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
                     .rstrip() for row in rows)


def told(entry: Outcome) -> str:
    """Return a case on one line, and in whole where it was not repaired as it should be."""
    verdict = "FALSE" if entry.false else "repaired" if entry.repaired else "not repaired"
    line = (f"{entry.group}: {entry.slip.layer}: {entry.slip.kind}: {verdict} {entry.kind} "
            f"distance {entry.distance} restored {entry.restored} {entry.seconds:.2f} s "
            f"{' '.join(entry.codes)}")
    whole = "" if entry.repaired and not entry.false else f"\n{entry.slip.source}\n{entry.diff}"
    return line + whole


if __name__ == "__main__":
    sys.exit(not main())
