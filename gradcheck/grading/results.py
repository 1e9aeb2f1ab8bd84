"""The results of a folder, a line each, on the disk as soon as it is known."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from gradcheck.output.plain import named
from gradcheck.output.record import Record, record_of
from gradcheck.output.text import as_text
from gradcheck.output.write import write_result
from gradcheck.target.content import content_of

FILE = "results.jsonl"
BEFORE = "results-before.jsonl"
ONE = "results.json"
PAGE = "report.html"
ENDINGS = {".py", ".txt", *(Path(name).suffix for name in (FILE, ONE, PAGE))}
LONGEST = 240  # bytes of a name, which may have 255 with an ending
SHORT = 48
UNWRITTEN = "results: "


class Results:
    """The results file of one run; no other run may write to it meanwhile.

    Parameters
    ----------
    folder : Path
        Where the file lies; it is made if need be.
    resume : bool
        Whether records that are in the file count. Otherwise the file is put aside.

    Raises
    ------
    ValueError
        The file cannot be written, or another run is writing to it.
    """

    def __init__(self, folder: Path, resume: bool) -> None:
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not resume and self.path.exists() and not _is_locked(self.path):
                os.replace(self.path, folder / BEFORE)
            self._file = open(self.path, "a+b", buffering=0)  # noqa: SIM115 - closed in __exit__
        except OSError as error:
            raise ValueError(f"results: {self.path} cannot be written ({error}). Remedy: "
                             "--results FOLDER names another folder.") from None
        if not _lock(self._file.fileno()):
            self._file.close()
            raise ValueError(f"results: another run is writing to {self.path}. Remedy: wait until "
                             "it has ended, or --results FOLDER names another folder.")
        self.known = dict(self._read())

    def _read(self) -> list[tuple[str, Record]]:
        """Return what the file holds; a last line that a kill has torn is cut off."""
        self._file.seek(0)
        text = self._file.read()
        self._file.truncate(text.rfind(b"\n") + 1)
        return [(entry["key"], record_of(entry["record"]))
                for entry in map(json.loads, text.split(b"\n")[:-1])]

    def add(self, key: str, record: Record) -> None:
        """Append a record in one write, and wait for the disk."""
        line = json.dumps({"key": key, "record": record.to_dict()}).encode() + b"\n"
        self._file.write(line)
        os.fsync(self._file.fileno())
        self.known[key] = record

    def tell(self, student: Path, record: Record, page: bool = False) -> str:
        """Write the record to ``<student>/results.json``, and as text to ``<student>.txt``.

        With `page`, also as a page to ``<student>/report.html``.

        Returns
        -------
        str
            Why a file cannot be written; else empty. It is in results.jsonl all the same, and the
            others' grading goes on.
        """
        folder = self.path.parent / folder_of(student)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_result(folder / ONE, f"{json.dumps(record.to_dict(), indent=1)}\n")
            write_result(folder.with_name(f"{folder.name}.txt"), f"{as_text(record)}\n")
            if page:
                from gradcheck.output.html.page import as_page  # for those who ask for it

                write_result(folder / PAGE, as_page([record], named(student.as_posix())))
        except (OSError, ValueError) as error:
            return f"{UNWRITTEN}{named(folder)} cannot be written whole ({named(error)})"
        return ""

    def __enter__(self) -> Results:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._file.close()


def folder_of(student: Path) -> Path:
    """Return the folder of a submission's results, relative to that of all results.

    No other submission has the same one, and none has the name of a file among the results,
    whatever students call theirs.

    >>> folder_of(Path("ann.py")) == Path("ann")
    True
    >>> folder_of(Path("ann", "report.html.py")) == Path("ann", "report.html.py")
    True
    """
    return Path(*map(_folder, student.parent.parts), _folder(student.stem))


def is_unwritten(note: str) -> bool:
    """Return whether a record's note says that its files could not be written.

    >>> is_unwritten("results: ann cannot be written whole"), is_unwritten("advice: none")
    (True, False)
    """
    return note.startswith(UNWRITTEN)


def _folder(name: str) -> str:
    """Return a name for a folder that has no ending of a file's, and leaves room for one."""
    data = os.fsencode(name)
    if len(data) > LONGEST:
        return f"{name[:SHORT]}-{hashlib.sha256(data).hexdigest()[:32]}.py"
    return f"{name}.py" if Path(name).suffix.lower() in ENDINGS else name


def key_of(path: str, settings: Mapping[str, Any]) -> str:
    """Return what a record is known by: the file, what is in it, how and by what it was judged.

    >>> key_of("none.py", {"seed": 1}) == key_of("none.py", {"seed": 2})
    False
    """
    told = json.dumps([path, settings], sort_keys=True, default=str).encode()
    whole = b"|".join([told, _content(path), *map(_content, filter(None, [
        settings.get("reference")]))])
    return f"{Path(path).name} {hashlib.sha256(whole).hexdigest()[:32]}"


def _content(path: str) -> bytes:
    try:
        return content_of(path)
    except OSError:
        return b""


def _lock(descriptor: int) -> bool:
    """Take the file for this process alone; return whether nobody else has it."""
    try:
        import fcntl
    except ImportError:  # a system without it has one run at a time
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False


def _is_locked(path: Path) -> bool:
    with open(path, "rb") as file:
        return not _lock(file.fileno())
