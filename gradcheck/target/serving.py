"""What the judging process answers: which layers there are, and the items of one."""

from __future__ import annotations

import json
import traceback
from dataclasses import asdict
from typing import IO, Any

from gradcheck.output.plain import plain
from gradcheck.target.errors import NothingToCheckError, TargetError
from gradcheck.target.importing import import_source
from gradcheck.target.items import items_of
from gradcheck.target.pairs import Pair
from gradcheck.target.plan import plan_of
from gradcheck.target.quiet import quiet
from gradcheck.target.settings import Settings
from gradcheck.target.sources import Source

OUR_FRAMES = 12


class Server:
    """Answers requests, each with lines of JSON that end in one with the key 'done'."""

    def __init__(self, replies: IO[str]) -> None:
        self._replies = replies
        self._pairs: dict[str, Pair] = {}
        self._settings = Settings()

    def answer(self, request: dict[str, Any]) -> None:
        """Answer one request; an exception of our own is a reply, too."""
        try:
            with quiet():
                if "source" in request:
                    self._load(Source(**request["source"]), request["settings"])
                else:
                    for item in items_of(self._pairs[request["judge"]], self._settings):
                        self._send(item=asdict(item))
        except TargetError as error:
            self._send(error=str(error), fault="target")
        except NothingToCheckError as error:
            self._send(error=str(error), fault="usage")
        except Exception:
            self._send(error=traceback.format_exc(limit=-OUR_FRAMES), fault="judge")
        self._send(done=True)

    def _load(self, source: Source, settings: dict[str, Any]) -> None:
        self._settings = Settings.from_dict(settings)
        loaded = import_source(source)
        try:
            plan = plan_of(loaded.module, self._settings)
        except NothingToCheckError as error:
            notes = "".join(f"\nnote: {note}" for note in loaded.notes)
            raise NothingToCheckError(f"{error}{notes}") from None
        self._pairs = {pair.name: pair for pair in plan.pairs}
        self._send(pairs=[[pair.name, pair.base, *pair.place] for pair in plan.pairs],
                   notes=[*loaded.notes, *plan.notes])

    def _send(self, **reply: Any) -> None:
        self._replies.write(json.dumps(plain(reply)) + "\n")
        self._replies.flush()
