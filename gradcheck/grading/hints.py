"""Lines and edits for a submission that lost points, looked for once the points stand.

The search runs the submission in a second confined process, which holds gradcheck without the
reference, the definitions and the grader. It cannot change a verdict: the record is complete
before it starts. What it claims is shown only once a judge has found that a submission with the
edit does better.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.grading.apart import ApartError, apart
from gradcheck.grading.asked import references
from gradcheck.grading.claims import Claim, ClaimError, claims, lines_of
from gradcheck.grading.grade import MEMORY
from gradcheck.grading.manner import CONVENTIONS
from gradcheck.grading.points import CODE, DIFF, LINE
from gradcheck.grading.text import package_of
from gradcheck.grading.unfound import notes_of, why_unfound
from gradcheck.grading.untried import ABSENT
from gradcheck.grading.values import Values
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.repaired import Repair, pointed
from gradcheck.sandbox.sandbox import Budget, Sandbox, SandboxError, SubmissionError

TOOL = "gradcheck.target.hinting"
LAYER_SECONDS, FILE_SECONDS = 3.0, 9.0
# Beyond a search's own limit, which it looks at between two edits.
GRACE = 1.5
# For its processes to start, and to import the tool.
START_SECONDS = 30.0
LEFT_OUT = ("grading", "reference")
# Of these nothing can be mended in a line.
BEYOND = frozenset({"contract"})
Judge = Callable[[dict[str, Any]], dict[str, Any]]


def with_hints(record: dict[str, Any], request: Mapping[str, Any], judge: Judge, requests: int
               ) -> dict[str, Any]:
    """Return a record with lines, or edits, where its settings ask for them.

    Parameters
    ----------
    record : dict
        As `Record.to_dict` writes it; its verdicts and points stay as they are.
    request : mapping
        What was asked of the judge.
    judge : callable
        Judges another request in a process of its own.
    requests : int
        A descriptor that becomes readable where nobody waits any more.
    """
    level = record["settings"].get("hints", CODE)
    asked = list(_asked(record)) if level >= LINE else []
    if not asked:
        return record
    path, told, why = Path(request["path"]), dict[str, Any](), dict[str, str]()
    judging = _Judging(record, request, judge)
    with suppress(ApartError, ClaimError):
        lines = lines_of(path)
        told, why = apart(lambda: searched(request, asked), START_SECONDS + FILE_SECONDS + GRACE,
                          requests)
    found = {name: list(_shown(judging, name, claims(entry, path, lines), level))
             for name, entry in told.items()}
    silent = [entry["name"] for entry in asked
              if entry["name"] not in told and not BEYOND.issuperset(entry["broken"])]
    return {**record, "items": list(_with_repairs(record["items"], found)),
            "notes": [*record["notes"], *notes_of(silent, why)]}


def _asked(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what is asked of the search, for each layer that was judged and is wrong."""
    settings = record["settings"]
    for name, items in layers_of(record).items():
        wrong = [item for item in items if item["status"] == "failed"]
        if wrong and not any(item["status"] == "error" or ABSENT in item["message"]
                             for item in items):
            yield {"name": name, "seed": settings["seed"],
                   "broken": [item["name"].partition(": ")[2] for item in wrong],
                   "ignored": [item["name"].partition(": ")[2] for item in items
                               if item["status"] == "skipped"],
                   "conventions": conventions_of(record)}


def layers_of(record: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the items of each layer.

    >>> layers_of({"items": [{"group": "relu", "name": "relu: value"}]})["relu"][0]["name"]
    'relu: value'
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for item in record["items"]:
        found.setdefault(item["group"], []).append(item)
    return found


def conventions_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conventions that a record's dropouts were judged by.

    >>> conventions_of({"settings": {"p_is": "keep", "scaling": "inverted", "seeding": "rng"}})
    {'p_is': 'keep', 'scaling': 'inverted', 'seeding': 'rng'}
    """
    return {key: record["settings"][key] for key in CONVENTIONS}


def searched(request: Mapping[str, Any], asked: Sequence[Mapping[str, Any]]
             ) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a confined process claims of each layer, and why of some it says nothing."""
    budget, spent = Budget(START_SECONDS + FILE_SECONDS), 0.0
    told, why = dict[str, Any](), dict[str, str]()
    with ExitStack() as stack:
        tools = stack.enter_context(copied())
        box: Sandbox | None = None
        for entry in asked:
            seconds = min(LAYER_SECONDS, FILE_SECONDS - spent)
            if seconds <= 0 or not budget.left:
                break
            try:
                if box is None or box.failure:
                    box = stack.enter_context(started(request, budget, tools))
                    box.use(TOOL, {"name": ""}, budget.left)  # to import it is no search
            except (SandboxError, SubmissionError) as reason:
                return told, {other["name"]: why_unfound(reason) for other in asked} | why
            began = time.monotonic()
            try:
                asking = {**entry, "seconds": seconds, "values": _values(entry, request)}
                told[entry["name"]] = box.use(TOOL, asking, seconds + GRACE)
            except (SandboxError, SubmissionError) as reason:
                why[entry["name"]] = why_unfound(reason)
            spent += time.monotonic() - began
    return told, why


def _values(asked: Mapping[str, Any], request: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Return values of the reference where those of a layer are wrong: numbers, and no more."""
    if "value" not in asked["broken"]:
        return []
    conventions = Conventions(**asked["conventions"])
    reference = references(request.get("reference"), conventions)[asked["name"]]
    rng = np.random.default_rng([asked["seed"], 1])  # the judge draws others
    return Values(reference, reference, conventions, rng).examples()


def started(request: Mapping[str, Any], budget: Budget, tools: str) -> Sandbox:
    """Return a process for the submission, with the judge's tools, as it is asked to be."""
    path = Path(request["path"])
    folder = request.get("folder")
    package = package_of(path, None if folder is None else Path(folder))
    hidden = [request["reference"]] if request.get("reference") else []
    return Sandbox(path, budget, request.get("memory", MEMORY), package, folder,
                   request.get("unconfined", False), tools=(tools,), hidden=hidden)


@contextmanager
def copied() -> Iterator[str]:
    """Yield a folder with gradcheck in it, without what a submission must not read.

    Whatever user a submission runs as can read it: the original may be in closed folders.
    """
    with tempfile.TemporaryDirectory(prefix="gradcheck-tools-") as folder:
        own = Path(__file__).resolve().parents[1]
        place = Path(folder, own.name)
        shutil.copytree(own, place, ignore=_left_out)
        for path in (Path(folder), place, *place.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield folder


def _left_out(folder: str, names: Sequence[str]) -> list[str]:
    """Return what is not copied: the rooms that hold answers, at the top."""
    top = Path(folder) == Path(__file__).resolve().parents[1]
    return [name for name in names if top and name in LEFT_OUT]


class _Judging:
    """A submission's edited text under judgement, layer by layer, within the time of one file."""

    def __init__(self, record: Mapping[str, Any], request: Mapping[str, Any], judge: Judge) -> None:
        self._before, self._seed = layers_of(record), record["settings"]["seed"]
        self._request, self._judge = request, judge
        self._end = time.monotonic() + record["settings"]["timeout"]

    def gained(self, name: str, text: str) -> list[str]:
        """Return the parts of a layer that pass only with the text; none where others fail."""
        left = self._end - time.monotonic()
        if left <= 0:
            return []
        reply = self._judge({**self._request, "only": [name], "text": text, "seed": self._seed,
                             "hints": CODE, "timeout": left, "detailed": False})
        if "record" not in reply:
            return []
        before = [item["name"] for item in self._before[name] if item["status"] != "failed"]
        after = [item["name"] for item in reply["record"]["items"]
                 if item["group"] == name and item["status"] in ("passed", "skipped")]
        return [part for part in after if part not in before] if set(before) <= set(after) else []

    def all_of(self, name: str) -> list[str]:
        """Return the parts of a layer that failed."""
        return [item["name"] for item in self._before[name] if item["status"] == "failed"]


def _shown(judging: _Judging, name: str, found: Iterator[Claim], level: int
           ) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield edits that a judge has proved, each for other parts; else suspect lines."""
    wrong, proved = judging.all_of(name), set[str]()
    for claim in found:
        if claim.edited is None:
            if not proved:
                yield wrong[0], claim.repair.to_dict()
            continue
        gained = [part for part in judging.gained(name, claim.edited) if part not in proved]
        if gained:
            repair: Repair = claim.repair if level >= DIFF else claim.repair.only_line()
            yield gained[0], {**repair.to_dict(), "proof": _proof(name, gained, wrong)}
            proved.update(gained)


def _proof(name: str, gained: Sequence[str], wrong: Sequence[str]) -> str:
    """Return what an edit gains in words.

    >>> _proof("relu", ["relu: value"], ["relu: value", "relu: gradient"])
    'with the edit, value of relu passes, gradient not yet'
    """
    rest = [part for part in wrong if part not in gained]
    if not rest:
        return f"with the edit, all of {name} passes"
    passes = "passes" if len(gained) == 1 else "pass"
    return f"with the edit, {_listed(gained)} of {name} {passes}, {_listed(rest)} not yet"


def _listed(parts: Sequence[str]) -> str:
    names = [part.partition(": ")[2] for part in parts]
    more = [f"{len(names) - 3} more"] if len(names) > 3 else []
    *first, last = [*names[:3], *more]
    return f"{', '.join(first)} and {last}" if first else last


def _with_repairs(items: Sequence[Mapping[str, Any]],
                  found: Mapping[str, Sequence[tuple[str, dict[str, Any]]]]
                  ) -> Iterator[dict[str, Any]]:
    """Yield the items, those that failed with the lines that were found for them."""
    for item in items:
        repairs = [repair for name, repair in found.get(item["group"], ()) if name == item["name"]]
        details = {**item["details"], **({"repairs": repairs} if repairs else {})}
        yield _pointed({**item, "details": details}, repairs)


def _pointed(told: Any, repairs: Sequence[Mapping[str, Any]]) -> Any:
    """Return what is said of an item, each message with a mind to the line below it."""
    if isinstance(told, Mapping):
        return {key: _pointed(entry, repairs) for key, entry in told.items()}
    if isinstance(told, list):
        return [_pointed(entry, repairs) for entry in told]
    return pointed(told, repairs) if isinstance(told, str) else told
