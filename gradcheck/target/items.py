"""The items of one entry of a plan: its gradient and contract, and the laws of its mask."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from gradcheck.coverage import Coverage
from gradcheck.exceptions.words import reason_of
from gradcheck.mask_laws.conventions import LAWFUL
from gradcheck.numeric.curve import recording
from gradcheck.output.record import FINE, Item
from gradcheck.run.several import is_wrong
from gradcheck.target.at_arguments import NO_CONTROL
from gradcheck.target.covering import NOT_MEASURED, uncovered, with_uncovered
from gradcheck.target.exceptions import OURS, Interrupted
from gradcheck.target.judge import Judgement, judge, with_keywords
from gradcheck.target.pairs import Pair
from gradcheck.target.plan import Entry
from gradcheck.target.settings import Settings
from gradcheck.target.sources import as_named
from gradcheck.target.spelling import spelt
from gradcheck.target.suppression import ignored_codes, without_ignored
from gradcheck.target.trial import Trial

if TYPE_CHECKING:
    from gradcheck.repaired import Repair
    from gradcheck.target.laws import Laws

POSITIONAL = (
    "the mask laws were not run: they call {0}_forward(x, dropout_param), with p and mode in a "
    "dict. Take them so, or hand gradcheck.check_dropout a forward that unpacks the dict"
)
UNKNOWN = (
    "the mask laws were not run: they are for dropout_forward and vanilla_dropout_forward. If {0} "
    "draws a unit at a time, call gradcheck.check_dropout(({0}_forward, {0}_backward))"
)
OF_A_CLASS = (
    "the mask laws were not run: scale and rate of {0} are not judged, as it is a class. Remedy: "
    "hand them to gradcheck.check_dropout((forward, backward)), with forward(x, dropout_param) "
    "that makes a {0} of p, calls it in dropout_param['mode'], and returns (out, layer)"
)
NO_MEMORY = ("it ran out of memory. Likely slip: an array of every pair of elements is built, or "
             "what earlier calls made is kept; --memory sets the limit")
TOO_SHORT = ("no edit that makes it right was found within {:.2g} s; --repair-seconds allows more")
OUR_FRAMES = 12
Found = TypeVar("Found")
# Lines are looked for in a whole file for so many times what one function may take.
FILE_SHARE = 3


class Judging:
    """An entry of a plan under judgement. Whatever happens is an item, with its file and line.

    An exception of the checker's own has the status `error`, and the rest goes on. The entries of
    one target share the list of the seconds that were `spent` on looking for lines.

    Examples
    --------
    >>> from gradcheck.target.plan import entry_of
    >>> def relu(x): return x * (x > 0), x
    >>> pair = Pair("relu", "relu", relu, lambda dout, x: dout * (x > 0))
    >>> [item.status for item in Judging(entry_of(pair), Settings()).items()]
    ['passed']
    """

    def __init__(self, entry: Entry, settings: Settings, spent: list[float] | None = None) -> None:
        self._entry, self._settings = entry, settings
        self.spent = [] if spent is None else spent
        self._codes = ignored_codes(entry.sources, settings.ignore)

    @property
    def described(self) -> tuple[str, str, str, int]:
        """Name, base, file and line of what is judged."""
        file, line = self._entry.place
        return self._entry.name, self._entry.base, as_named(file), line

    def items(self, covering: bool = False) -> Iterator[Item]:
        """Yield everything that is said of it, each item when it is known.

        With `covering`, also which lines ran at no example.
        """
        gradient = self._pictured(self._covered(self.gradient) if covering else self.gradient)
        lawful = gradient.status != "error" and self._is_lawful
        uncontrolled = lawful and gradient.message == NO_CONTROL
        if not uncontrolled:
            yield gradient
        if lawful:
            laws = self._guarded(f"{self._entry.name} laws", self._laws_told)
            yield replace(laws, advice=(NO_CONTROL, *laws.advice)) if uncontrolled else laws

    def _covered(self, item: Item) -> Item:
        """Return an item that passed with the lines that never ran."""
        if item.status not in FINE or self._pair.net is not None:
            return item
        if not Coverage.is_possible():
            return replace(item, advice=(*item.advice, NOT_MEASURED))
        return with_uncovered(item, uncovered(self._trial, self._entry.sources,
                                              self._judgement.taken), self._settings.fail_uncovered)

    @property
    def _trial(self) -> Trial:
        pair = with_keywords(self._pair)
        return Trial(pair, self._settings.conventions_of(pair.forward), self._settings.seed)

    def _pictured(self, item: Item) -> Item:
        """Return an item with what a page draws of it, where that is asked for."""
        if not self._settings.detailed or item.status == "error":
            return item
        from gradcheck.target.pictured import pictured  # for a page alone

        return pictured(item, self._entry.sources, self._judgement,
                        None if self._pair.net is not None else self._trial)

    @cached_property
    def gradient(self) -> Item:
        """What is said of its gradient and contract."""
        return self._guarded(self._entry.name, lambda: self._judgement.item(
            self._entry.name, self._entry.base, self._settings.detailed))

    def law(self, name: str) -> Item:
        """Return what one law of the mask says; that it does not apply where that is so."""
        label = f"{self._entry.name}: {name}"
        seen = self.gradient.status
        if seen == "error" or not self._is_lawful:
            reason = f"{self._entry.name}: {seen}" if seen in ("error", "todo") else (
                POSITIONAL.format(self._entry.name))
            return self._guarded(label, lambda: Item(label, self._entry.base, "skipped", reason))
        return self._guarded(label, lambda: self._laws.item_of(name))

    @cached_property
    def _pair(self) -> Pair:
        return spelt(self._entry.make())

    @cached_property
    def _judgement(self) -> Judgement:
        with recording(self._settings.detailed):
            judgement = without_ignored(
                judge(self._pair, self._settings.conventions_of(self._pair.forward),
                      self._settings.seed, values=not self._settings.no_values), self._codes)
        if _ran_out_of_memory(judgement):
            return Judgement("error", NO_MEMORY)
        judgement = self._with_line(judgement)
        note = self._laws_note(judgement)
        return replace(judgement, advice=(note, *judgement.advice)) if note else judgement

    def _with_line(self, judgement: Judgement) -> Judgement:
        """Return a judgement that points at the line, where that is wanted."""
        settings = self._settings
        if not settings.line or judgement.report is None:
            return judgement
        found = self._with_repairs(judgement)
        if found.passed or (found.report or judgement.report).repairs:
            return found
        from gradcheck.target.seen import with_seen

        return self._searched(lambda: with_seen(found, self._trial), found)

    def _with_repairs(self, judgement: Judgement) -> Judgement:
        """Return a judgement that points at the line of a slip, where it failed."""
        settings = self._settings
        if judgement.status != "failed" or self.seconds_left <= 0:
            return judgement
        from gradcheck.target.repairing import with_repairs  # a right layer has no need of it

        seconds = self.seconds_left
        found = self._searched(lambda: with_repairs(
            judgement, self._pair, settings.conventions_of(self._pair.forward), settings.seed,
            seconds, settings.repair), judgement)
        return _with_limit(found, seconds) if self.spent[-1] >= seconds else found

    def _laws_told(self) -> Item:
        """Return what the laws say, but for what the gradient has said already."""
        report = self._judgement.report
        return self._laws_with_line(self._laws.item(
            report is not None and any(map(is_wrong, report.findings))))

    def _laws_with_line(self, item: Item) -> Item:
        """Return what the laws say, with the line that breaks them where the gradient is right."""
        settings, example = self._settings, self._judgement.example
        if item.status != "failed" or not settings.line or example is None or (
                self.seconds_left <= 0):
            return item
        from gradcheck.target.mask_repairing import mask_repairs
        from gradcheck.target.repairing import drops_in_test_mode

        if not (self._judgement.gradient_right or drops_in_test_mode(
                self._judgement, self._pair, settings.conventions_of(self._pair.forward))):
            return item

        broken = [law["name"] for law in item.details["laws"] if law["status"] == "failed"]
        seconds = self.seconds_left
        none: tuple[Repair, ...] = ()
        found = self._searched(lambda: mask_repairs(
            self._laws.implementation, example, broken, self._codes, seconds), none)
        shown = [(entry if settings.repair else entry.only_line()).to_dict() for entry in found]
        return replace(item, details={**item.details, "repairs": shown})

    def _searched(self, search: Callable[[], Found], nothing: Found) -> Found:
        """Return what a search for a line finds, and note its time.

        Where it raises, the verdict stands: a line is something on top of it.
        """
        started, began = time.thread_time(), time.monotonic()
        try:
            return search()
        except OURS:
            raise
        except Exception:
            return nothing
        finally:
            # on a busy machine the search is ended by the time that passes, twice its own
            self.spent.append(max(time.thread_time() - started, (time.monotonic() - began) / 2))

    @property
    def seconds_left(self) -> float:
        """How long a line may be looked for here, of what is left for it in this target."""
        each = self._settings.repair_seconds
        return min(each, FILE_SHARE * each - sum(self.spent))

    @cached_property
    def _laws(self) -> Laws:
        from gradcheck.target.laws import Laws  # with hypothesis, of which others have no need

        return Laws(self._pair, self._settings, self._codes)

    @property
    def _is_lawful(self) -> bool:
        return _is_lawful(self._pair, self._judgement)

    def _laws_note(self, judgement: Judgement) -> str:
        """Say why a dropout's mask was not held to the laws, where that is so."""
        pair = self._pair
        if judgement.example is None or "drop" not in pair.base.lower() or (
                judgement.status == "todo"):
            return ""
        if isinstance(self._entry.sources[-1], type):
            return OF_A_CLASS.format(pair.name)
        if pair.base in LAWFUL:
            return "" if _is_lawful(pair, judgement) else POSITIONAL.format(pair.name)
        return "" if _is_standard(pair) else UNKNOWN.format(pair.name)

    def _guarded(self, name: str, make: Callable[[], Item]) -> Item:
        """Return an item in any case, with its file and line."""
        try:
            item = make()
        except Interrupted:
            raise
        except MemoryError:
            item = Item(name, self._entry.base, "error", NO_MEMORY)
        except Exception as error:
            item = self._our_fault(name, error)
        except SystemExit as error:
            item = Item(name, self._entry.base, "error", f"it called sys.exit({error.code!r})")
        except BaseException as error:
            item = Item(name, self._entry.base, "error", f"it raised {reason_of(error)}")
        findings = item.details.get("report", {}).get("findings", ())
        file, line = self._entry.place_of(findings)
        return replace(item, file=as_named(file), line=line)

    def _our_fault(self, name: str, error: Exception) -> Item:
        """Return the item for what the checker itself could not do."""
        trace = "".join(traceback.format_exception(*sys.exc_info(), limit=-OUR_FRAMES))
        return Item(name, self._entry.base, "error", "gradcheck itself failed, which is not the "
                    f"target's fault: {reason_of(error)}", fault="judge",
                    details={"traceback": trace})


def _is_lawful(pair: Pair, judgement: Judgement) -> bool:
    """Whether the laws apply: a dropout that is written, and takes its settings in a dict."""
    found = judgement.example
    return (pair.base in LAWFUL and pair.backward is not None and judgement.status != "todo"
            and found is not None and len(found.args) == 2 and isinstance(found.args[1], dict))


def _is_standard(pair: Pair) -> bool:
    from gradcheck.examples.standard import LAYERS

    return pair.base in LAYERS


def _with_limit(judgement: Judgement, seconds: float) -> Judgement:
    """Return a judgement that says that time ran out, where no edit was proved in it."""
    if judgement.report is None or any(entry.verified_at for entry in judgement.report.repairs):
        return judgement
    return replace(judgement, advice=(*judgement.advice, TOO_SHORT.format(seconds)))


def _ran_out_of_memory(judgement: Judgement) -> bool:
    return judgement.report is not None and any(
        finding.evidence.get("exception") == "MemoryError" for finding in judgement.report.findings)
