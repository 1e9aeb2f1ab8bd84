"""A result is written whole or not at all, and never through a link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gradcheck.output.write import write_result


def test_a_result_replaces_a_link_and_spares_its_target(tmp_path: Path) -> None:
    precious, link = tmp_path / "precious", tmp_path / "results.json"
    precious.write_text("keep me")
    link.symlink_to(precious)
    write_result(link, "{}")
    assert precious.read_text() == "keep me"
    assert not link.is_symlink()
    assert link.read_text() == "{}"


def test_a_result_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "results.json"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_result(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_result_has_the_usual_permissions(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_result(tmp_path / "r", "x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o644


def test_devices_and_pipes_are_written_to(tmp_path: Path) -> None:
    write_result("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(OSError, match="directory"):
        write_result(tmp_path, "x")
