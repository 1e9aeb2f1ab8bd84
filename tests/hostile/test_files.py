"""What lies where a source should: pipes, devices, files without an end. Nothing waits for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gradcheck.command.saved import Saved
from gradcheck.grading.results import key_of
from gradcheck.output.write import write_result
from gradcheck.target.content import MOST_BYTES, content_of
from gradcheck.target.parsed import parsed
from gradcheck.target.sources import sources_of
from tests.hostile import GOOD

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes that have names")


def enormous(path: Path) -> None:
    """Make a file that takes no room on the disk, and more than there is of memory."""
    with open(path, "wb") as file:
        file.truncate(1 << 40)


MADE: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": Path.mkdir,
    "link to itself": lambda path: path.symlink_to(path),
    "enormous": enormous,
}


@pytest.fixture(params=MADE)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return where something lies that is no source, with a submission beside it."""
    (tmp_path / "right.py").write_text(GOOD)
    path = tmp_path / "x.py"
    try:
        MADE[request.param](path)
    except OSError as error:  # a disk without sparse files
        pytest.skip(f"this system has none ({error})")
    return path


def test_it_is_not_read(path: Path) -> None:
    with pytest.raises(OSError, match=path.name):
        content_of(path)
    assert parsed(path) is None


def test_a_folder_is_checked_without_it(path: Path) -> None:
    assert [Path(source.where).name for source in sources_of(str(path.parent))] == ["right.py"]


def test_a_watched_file_that_becomes_one_is_waited_for(path: Path) -> None:
    saved = Saved([str(path)])
    seen = saved.look()
    saved.find()
    assert saved.look() == seen


def test_its_record_has_a_key(path: Path) -> None:
    assert key_of(str(path), {}) == key_of(str(path), {})


def test_what_is_no_larger_than_a_source_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_bytes(b"#" * MOST_BYTES)
    assert len(content_of(file)) == MOST_BYTES


def test_a_link_to_a_pipe_is_replaced_and_not_written_to(tmp_path: Path) -> None:
    pipe, page = tmp_path / "pipe", tmp_path / "page.html"
    os.mkfifo(pipe)
    page.symlink_to(pipe)
    write_result(page, "whole")
    assert not page.is_symlink()
    assert page.read_text() == "whole"
