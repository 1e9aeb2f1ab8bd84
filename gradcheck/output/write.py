"""Writing a result whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

PREFIX = ".gradcheck-"  # not the file's own name, which may be as long as a name can be


def write_result(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` to `path` whole or not at all, never through a symbolic link.

    The text goes to a new file beside `path`, which then takes its place: a link that was put
    there is replaced, and what it points to stays as it was. Devices and pipes are written to.
    """
    target = Path(path)
    folder = target.parent.resolve()
    special = folder.is_relative_to("/dev") or folder.is_relative_to("/proc")
    if special or _is_special(target):
        target.write_text(text, encoding="utf-8")
        return
    descriptor, temporary = tempfile.mkstemp(prefix=PREFIX, dir=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode())
        os.replace(temporary, folder / target.name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _is_special(path: Path) -> bool:
    """Whether this is a device, a pipe or a folder itself; a link to one is only a link."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISLNK(mode)


def _mode() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
