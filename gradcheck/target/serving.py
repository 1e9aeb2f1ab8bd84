"""What the judging process answers: what there is to judge, and the items of one entry."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from gradcheck.output.plain import plain
from gradcheck.output.record import Item
from gradcheck.target.errors import NothingToCheckError, TargetError
from gradcheck.target.importing import import_source
from gradcheck.target.items import Judging
from gradcheck.target.plan import plan_of
from gradcheck.target.quiet import quiet
from gradcheck.target.settings import Settings, WrongSettingError
from gradcheck.target.sources import Source

OUR_FRAMES = 12


class Server:
    """Answers requests, each with replies that end in one with the key 'done'.

    Parameters
    ----------
    send : callable
        Called with each reply.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send_one = send
        self._judgings: list[Judging] = []

    def answer(self, request: dict[str, Any]) -> None:
        """Answer one request; an exception of our own is a reply, too."""
        try:
            with quiet():
                if "source" in request:
                    self._load(Source(**request["source"]), Settings.of(request["settings"]))
                else:
                    self._judge(self._judgings[request["judge"]], request["part"])
        except TargetError as error:
            self._send(error=str(error), fault="target")
        except NothingToCheckError as error:
            self._send(error=str(error), fault="usage")
        except WrongSettingError as error:
            self._send(error=str(error), fault="setting")
        except Exception:
            self._send(error=traceback.format_exc(limit=-OUR_FRAMES), fault="judge")
        self._send(done=True)

    def _load(self, source: Source, settings: Settings) -> None:
        """Import the target and tell what there is to judge in it."""
        sys.argv[:] = [source.where]  # what a parser of arguments calls the program by
        loaded = import_source(source)
        try:
            plan = plan_of(loaded.module, settings)
        except NothingToCheckError as error:
            notes = "".join(f"\nnote: {note}" for note in loaded.notes)
            raise NothingToCheckError(f"{error}{notes}") from None
        spent: list[float] = []
        self._judgings = [Judging(entry, settings, spent) for entry in plan.entries]
        self._send(entries=[judging.described for judging in self._judgings],
                   notes=[*loaded.notes, *plan.notes], names=plan.names)

    def _judge(self, judging: Judging, part: str) -> None:
        """Tell everything about an entry, its gradient alone, or one law of its mask."""
        if part == "all":
            for item in judging.items(covering=True):
                self._send_item(item)
        else:
            self._send_item(judging.gradient if part == "gradient" else judging.law(part))

    def _send_item(self, item: Item) -> None:
        self._send(item=asdict(item))

    def _send(self, **reply: Any) -> None:
        self._send_one(plain(reply))
