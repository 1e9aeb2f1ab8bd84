"""Several processes that judge, each asked for one record after the other."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from gradcheck.grading.remote import Judge
from gradcheck.output.record import Record


def judged(request: Mapping[str, Any]) -> Record:
    """Return the record of one submission, from a process for it alone."""
    with Judge() as judge:
        return judge.record(request)


class Crew:
    """Threads that each ask a process of its own for one record after the other."""

    def __init__(self, requests: list[dict[str, Any]]) -> None:
        self._todo = iter(list(enumerate(requests)))
        self._count = len(requests)
        self._turn = threading.Lock()
        self._judges: list[Judge] = []
        self._known: queue.SimpleQueue[tuple[int, Record | BaseException]] = queue.SimpleQueue()

    def run(self, count: int) -> Iterator[tuple[int, Record]]:
        """Yield the records as they are known; end every process at the end."""
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(self._count):
                place, known = self._known.get()
                if isinstance(known, BaseException):
                    raise known
                yield place, known
        finally:
            with self._turn:
                self._todo = iter(())
                for judge in self._judges:
                    judge.end()
            for thread in threads:
                thread.join()

    def _work(self) -> None:
        """Judge what is to be judged; a process must not outlive the thread that started it."""
        place = -1
        try:
            with Judge() as judge:
                with self._turn:
                    self._judges.append(judge)
                while (entry := self._next()) is not None:
                    place, request = entry
                    self._known.put((place, judge.record(request)))
        except BaseException as error:
            self._known.put((place, error))

    def _next(self) -> tuple[int, dict[str, Any]] | None:
        with self._turn:
            return next(self._todo, None)
