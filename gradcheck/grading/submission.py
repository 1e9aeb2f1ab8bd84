"""The grading of one submission: which layers count, their verdicts, their points."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from gradcheck.exceptions.words import reason_of
from gradcheck.grading.asked import asked_for, chosen, parts_of, references
from gradcheck.grading.follow_on import charged_once
from gradcheck.grading.judge import VALUE_CODE, Verdict, judge_layer
from gradcheck.grading.laws import judge_laws
from gradcheck.grading.pictured import with_sources
from gradcheck.grading.points import STANDARD, Points, has_shares, share_out
from gradcheck.grading.shares import in_shares
from gradcheck.grading.teacher import refuse_exposed, teachers_pairs
from gradcheck.grading.text import classes_of, missing, package_of, remedy_for
from gradcheck.grading.untried import ABSENT, GIVEN_UP, NO_FUNCTIONS, NOT_IMPORTED
from gradcheck.mask_laws.conventions import LAWFUL, Conventions
from gradcheck.output.plain import clean
from gradcheck.output.record import Item
from gradcheck.sandbox.sandbox import Budget, Sandbox, SandboxError, UnconfinedError
from gradcheck.target.judge import UNWRITTEN, Judgement, is_unwritten
from gradcheck.target.pairs import Found, Pair, find_pairs

TOO_MUCH = "not judged: what it returns is too large or nested too deep ({})"


class NotGradedError(Exception):
    """A submission holds nothing that grade knows; every item is there, with zero."""


class Grading:
    """The grading of one submission under way."""

    def __init__(self, path: Path, timeout: float, memory: int, conventions: Conventions,
                 seed: int, table: Points | None, ignored: Mapping[str, Sequence[str]],
                 folder: Path | None = None, unconfined: bool = False,
                 text: str | None = None, told: bool = True,
                 reference: str | None = None, expected: Sequence[str] = (),
                 rtol: float = 0.0, accepted: Mapping[str, Sequence[str]] | None = None,
                 detailed: bool = False) -> None:
        self.path, self.timeout, self.memory = path, timeout, memory
        self.folder, self.unconfined = folder, unconfined
        self.conventions, self.seed, self.table = conventions, seed, table
        self.ignored, self.told, self.detailed = ignored, told, detailed and told
        self.known: Mapping[str, Pair] = {}
        self.reference, self.expected, self.rtol = reference, expected, rtol
        self.accepted = accepted or {}
        self.text = None if text is None else text.encode()
        self.items: list[Item] = []
        self.notes: list[str] = []
        self.output = ""
        self.timed_out = ""
        self.our_fault = ""
        self._sandbox: Sandbox | None = None

    def asked(self, only: Sequence[str] | None) -> list[str] | None:
        """Return the names that count, see `asked_for`, once the references are known."""
        self.known, own = references(self.reference, self.conventions), list[str]()
        if self.reference is not None:
            own = list(teachers_pairs(self.reference, self.conventions))
            refuse_exposed(self.reference, self.folder or self.path)
        return asked_for(self.table, only, self.known, own)

    def run(self, asked: list[str] | None) -> None:
        """Judge every layer that counts; a layer that kills the process costs only its own points.

        Raises SandboxError if the file cannot be imported, and NotGradedError if it has classes
        alone; every item is then there, with zero.
        """
        known = self.known
        self.budget = Budget(self.timeout)
        try:
            found = self._find()
        except UnconfinedError:
            raise
        except SandboxError as reason:
            self.give_up(asked, NOT_IMPORTED)
            told = remedy_for(str(reason), self.path, self.folder)
            raise type(reason)(f"{reason}{told}") from None
        pairs = {pair.name: pair for pair in found.pairs}
        classes = [] if asked or pairs or found.unpaired else classes_of(self.path)
        if classes:
            for name in self.expected or STANDARD:
                self._add_missing(name, NO_FUNCTIONS, "failed")
            raise NotGradedError(
                f"{self.path}: grade judges functions, such as affine_forward and affine_backward; "
                f"this file has classes {', '.join(classes)}: not graded. Remedy: `gradcheck check "
                f"{self.path}` judges classes, without points.")
        there = self._expected(found, known)
        names = chosen(asked, self.expected or there, known)
        waiting = sum(name in pairs for name in names)
        for name in names:
            if name not in pairs:
                self._add_missing(name, _absence(name, found), "failed")
                continue
            waiting -= 1
            with self.budget.share(others=waiting):
                self._judge(name, known[name])
        self._charge_once(pairs)

    def _charge_once(self, pairs: Mapping[str, Pair]) -> None:
        """Give blocks their points that are wrong only where a layer of theirs is."""
        if not self._failure:
            items = charged_once(self.items, pairs, self.known, self.conventions, self.seed)
            self.items = [item if self.told else replace(item, advice=()) for item in items]

    def give_up(self, asked: list[str] | None, message: str = GIVEN_UP) -> None:
        """Add every layer that counts and is not judged yet as an error, without points."""
        judged = {item.group for item in self.items}
        for name in chosen(asked, self.expected or STANDARD, self.known):
            if name not in judged:
                self._add_missing(name, message, "error")

    def _find(self) -> Found:
        """Return the pairs of the submission, from a process that works."""
        if self._sandbox is None or self._sandbox.failure:
            if self._sandbox is not None and not self.budget.left:
                raise SandboxError(self._sandbox.failure)
            self.close()
            self._sandbox = Sandbox(self.path, self.budget, self.memory,
                                    package_of(self.path, self.folder), self.folder,
                                    self.unconfined, self.text,
                                    hidden=[self.reference] if self.reference else [])
            self._sandbox.__enter__()
            self.notes += self._sandbox.notes
            self.notes += [missing(name, self.path, self.folder) for name in self._sandbox.lacking]
        module = ModuleType("submission")
        vars(module).update(self._sandbox.functions)
        return find_pairs(module, imported=True)  # of proxies none is the module's own

    def close(self) -> None:
        """End the submission's process."""
        if self._sandbox is not None:
            self._sandbox.__exit__(None, None, None)
            self.output += self._sandbox.output
            self._sandbox = None

    def _expected(self, found: Found, known: Mapping[str, Pair]) -> list[str]:
        """Return what counts without a table: what is there and known, in the file's order."""
        names = [pair.name for pair in found.pairs]
        halves = [name.replace("_forward", "").replace("_backward", "") for name in found.unpaired]
        expected = [name for name in [*names, *halves] if name in known]
        extra = [name for name in names if name not in known]
        if extra:
            self.notes.append(f"not graded, as there is no reference for them: {', '.join(extra)}")
        return list(dict.fromkeys(expected)) or list(STANDARD)

    def _points(self, name: str) -> dict[str, float]:
        points = share_out((self.table or {}).get(name), parts_of(name))
        if VALUE_CODE in self._ignored(name):  # what is not judged is not among the points
            points.pop("value", None)
        return points

    def _ignored(self, name: str) -> set[str]:
        return {*self.ignored.get("", ()), *self.ignored.get(name, ())}

    def _add_missing(self, name: str, message: str, status: str) -> None:
        self.items += [Item(f"{name}: {part}", name, status, message, 0.0, possible)
                       for part, possible in self._points(name).items()]

    def _judge(self, name: str, reference: Pair) -> None:
        """Judge one layer; of a dropout, let laws that fail take their share with them."""
        before = len(self.items)
        self._judge_parts(name, reference)
        parts = self.items[before:]
        if name in LAWFUL and len(parts) > 1 and has_shares((self.table or {}).get(name)):
            self.items[before:] = in_shares(parts)
        if self.detailed:
            text = self.path.read_bytes() if self.text is None else self.text
            self.items[before:] = with_sources(self.items[before:], text, self.path.name)

    def _judge_parts(self, name: str, reference: Pair) -> None:
        """Judge one layer; what its judge could not do costs the others nothing."""
        points = self._points(name)
        message, fault = "not judged", ""
        try:
            pair = next(pair for pair in self._find().pairs if pair.name == name)
            if is_unwritten(pair, self.conventions, reference) and not (
                    self._failure):
                self.items.append(Item(name, name, "todo", UNWRITTEN, 0.0, sum(points.values())))
                return
            if self._failure:  # of one half, maybe: each part is judged for itself
                pair = self._pair(name) or pair
            self._add_verdicts(name, self._verdicts(pair, reference), points)
        except (SandboxError, StopIteration) as reason:
            message = f"not judged: {reason}"
        except (RecursionError, MemoryError) as error:
            message = TOO_MUCH.format(reason_of(error))
        except Exception as error:
            message, fault = f"the grader itself failed: {reason_of(error)}", "judge"
            self.our_fault = self.our_fault or traceback.format_exc(limit=-5)
        self.items += [Item(f"{name}: {part}", name, "error", message, 0.0, possible, fault=fault)
                       for part, possible in points.items()]

    def _pair(self, name: str) -> Pair | None:
        """Return a layer in a process that works, if there can be one."""
        try:
            return next((pair for pair in self._find().pairs if pair.name == name), None)
        except SandboxError:
            return None

    def _add_verdicts(self, name: str, verdicts: Iterator[Verdict], points: dict[str, float]
                      ) -> None:
        """Note verdicts, and strike their parts from the points that are left."""
        started = time.monotonic()
        for verdict in verdicts:
            now = time.monotonic()
            if verdict.part in points:
                self._add(name, verdict, points.pop(verdict.part), now - started)
            elif self.told:
                self.notes += [f"advice on {name}: {text}" for text in verdict.advice]
            started = now

    @property
    def _failure(self) -> str:
        return self._sandbox.failure if self._sandbox is not None else ""

    def _verdicts(self, pair: Pair, reference: Pair) -> Iterator[Verdict]:
        ignored = self._ignored(pair.name)
        if pair.name in LAWFUL:
            return judge_laws(pair, self.conventions, ignored)
        accepted = (*self.accepted.get("", ()), *self.accepted.get(pair.name, ()))
        return judge_layer(pair, reference, self.conventions, self.seed, ignored, self.rtol,
                           accepted)

    def _add(self, name: str, verdict: Verdict, possible: float, seconds: float) -> None:
        """Note a verdict; once the process has failed, no further verdict can be a pass."""
        failure = self._failure
        if failure and self._sandbox is not None and self._sandbox.timed_out:
            self.timed_out = self.timed_out or f"{name}: {failure}"
        status = "error" if failure else verdict.status
        possible = 0.0 if status == "skipped" else possible
        if not self.told:
            verdict = Verdict(verdict.part, status)
        item = (verdict.judgement or Judgement(status)).item(f"{name}: {verdict.part}", name,
                                                             self.detailed)
        self.items.append(replace(
            item, status=status, message=clean(failure or verdict.message),
            points=possible if status == "passed" else 0.0, max_points=possible, seconds=seconds,
            advice=(*item.advice, *verdict.advice)))


def _absence(name: str, found: Found) -> str:
    wanted = name if name.endswith("_loss") else f"{name}_forward and {name}_backward"
    there = [pair.name if pair.is_loss else f"{pair.name}_forward, {pair.name}_backward"
             for pair in found.pairs] + list(found.unpaired)
    return f"{wanted}{ABSENT}{', '.join(there) or 'no layer and no loss'}"
