"""What the judging process answers: which layers there are, and the items of one."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from typing import IO, Any

from gradcheck.generators import global_generator_restored
from gradcheck.output.record import Item, plain
from gradcheck.target.errors import TargetError
from gradcheck.target.importing import import_source
from gradcheck.target.judge import Settings, judge
from gradcheck.target.pairs import Found, Pair, find_pairs
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
            if "source" in request:
                self._load(Source(**request["source"]), Settings.from_dict(request["settings"]))
            else:
                self._judge(request["judge"])
        except TargetError as error:
            self._send(error=str(error), fault="target")
        except Exception:
            self._send(error=traceback.format_exc(limit=-OUR_FRAMES), fault="judge")
        self._send(done=True)

    def _load(self, source: Source, settings: Settings) -> None:
        loaded = import_source(source)
        found = find_pairs(loaded.module, settings.imported)
        self._settings = settings
        self._pairs = {pair.name: pair for pair in found.pairs}
        self._send(found=as_plan(found, loaded.notes))

    def _judge(self, name: str) -> None:
        with global_generator_restored():
            for item in judge(self._pairs[name], self._settings):
                self._send(item=asdict(item))

    def _send(self, **reply: Any) -> None:
        self._replies.write(json.dumps(plain(reply)) + "\n")
        self._replies.flush()


def as_plan(found: Found, notes: list[str]) -> dict[str, Any]:
    """Return what there is to judge, for the process that asks."""
    return {"pairs": [[pair.name, pair.base] for pair in found.pairs], "notes": notes,
            "unpaired": list(found.unpaired), "imported": list(found.imported)}


def items_of(replies: Iterator[dict[str, Any]]) -> Iterator[Item]:
    """Return the items in replies, as the judging process had them."""
    for reply in replies:
        if "item" in reply:
            fields = {**reply["item"]}
            for name in ("arguments", "advice", "uncovered"):
                fields[name] = tuple(fields.get(name, ()))
            yield Item(**fields)
