"""Why a target, or what it imports, cannot be imported: the target's own line, and the remedy."""

from __future__ import annotations

import importlib
import sysconfig
import traceback
from pathlib import Path

from gradcheck.exceptions.remedies import is_well_known, remedy_of
from gradcheck.exceptions.words import LIBRARY
from gradcheck.target.home import Home
from gradcheck.target.sources import as_named

MOST_FRAMES = 3
OURS = str(Path(__file__).parent)
STANDARD = tuple(str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib"))
# What only says that a file does more than to define: it ends, asks, reads, downloads.
DOES_MORE = (SystemExit, EOFError, OSError, KeyboardInterrupt)
DEFINES = ("import ", "from ", "def ", "class ", "@")
GUARD = ('put line {line} of {file} under if __name__ == "__main__":, with what only a run of the '
         "file needs")
MEND = "mend line {line} of {file}, or put it under if __name__ == \"__main__\":"


def absence(error: ImportError | SyntaxError, path: Path | None, home: Home) -> str:
    """Say in one line what could not be imported, where, and what to do."""
    if isinstance(error, SyntaxError):
        where = f"{Path(error.filename or '').name}:{error.lineno}: "
    else:
        where = next(map(_place, reversed(_frames(error))), "")
    return f"{where}{error.msg}; functions that need it are not judged. Remedy: " + (
        _remedy(error, path, home) + ".")


def _place(frame: traceback.FrameSummary) -> str:
    """Return a frame's file and line, or a notebook's cell and the line in it."""
    name = Path(frame.filename).name.replace(" code cell ", ", code cell ")
    return f"{name}{', line ' if ', code cell ' in name else ':'}{frame.lineno}: "


def failure(error: BaseException, path: Path | None) -> str:
    """Say why a target cannot be imported, with file and line, and what to do.

    >>> print(failure(SystemExit(0), None))
    the target: importing it raised SystemExit.
    SystemExit: 0
    """
    remedy = _remedy(error, path, Home(()))
    lines = traceback.format_exception_only(error)
    if not isinstance(error, SyntaxError):
        own = _own_frames(error)
        remedy = remedy or _guard(error, own)
        lines = [*traceback.format_list((own or _frames(error))[-MOST_FRAMES:]), *lines]
        reason = f"importing it raised {type(error).__name__}."
    else:
        reason = "it is not valid Python 3."
    told = f" Remedy: {remedy}." if remedy else ""
    return f"{as_named(path) if path else 'the target'}: {reason}{told}\n{''.join(lines).rstrip()}"


def _remedy(error: BaseException, path: Path | None, home: Home) -> str:
    """Return what to do: keep packages together, install what is known, or the table's word."""
    name = getattr(error, "name", None) or ""
    top = name.partition(".")[0]
    if path is not None and (source := _cython_source(name, path, home)) is not None:
        return _build(source)
    if path is not None and top in home.lacking and not is_well_known(top):
        return (f"keep the file in its package (a folder or file {top} is looked for beside "
                f"{path.name} and in the folders above it), or install {top}")
    if path is not None and "." in name and top in home.name.split("."):
        return f"put {name.rpartition('.')[2]}.py into the folder {name.rpartition('.')[0]}"
    file = Path(getattr(error, "filename", None) or path or "FILE").name
    return remedy_of(error, file)


def _cython_source(name: str, path: Path, home: Home) -> Path | None:
    """Return the .pyx of a module that has to be built first, where it lies with the target."""
    places = [folder / Path(*name.split(".")) for folder in home.folders if name]
    beside = path.parent / name.rpartition(".")[2]
    return next((place.with_suffix(".pyx") for place in (*places, beside)
                 if name and place.with_suffix(".pyx").is_file()), None)


def _build(source: Path) -> str:
    """Return how to build an extension: by the setup.py of its folder or of one above, or alone."""
    setup = next((folder for folder in (source.parent, source.parent.parent)
                  if (folder / "setup.py").is_file()), None)
    if setup is None:
        return f"build {source.name} in its folder: `cythonize -i {source.name}`"
    return (f"build {source.name}, in the folder {as_named(setup)}: `python setup.py build_ext "
            "--inplace`")


def _guard(error: BaseException, own: list[traceback.FrameSummary]) -> str:
    """Return what to do about a line that a file runs when it is imported; '' for a definition."""
    run = next((frame for frame in reversed(own) if frame.name == "<module>"), None)
    if run is None or str(run.line).startswith(DEFINES):
        return ""
    words = GUARD if isinstance(error, DOES_MORE) else MEND
    return words.format(line=run.lineno, file=Path(run.filename).name)


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Return the frames in the target's own files, or in files beside it."""
    return [frame for frame in _frames(error) if not LIBRARY.search(frame.filename)
            and not str(Path(frame.filename).resolve()).startswith(STANDARD)]


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Return the frames that are neither the checker's nor the import system's."""
    return [frame for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename != importlib.__file__
            and not frame.filename.startswith(("<frozen", OURS))]
