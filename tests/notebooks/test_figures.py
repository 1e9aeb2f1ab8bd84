"""The plots of the page on digits: the command that draws them trains, and writes both."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow
for package in ("matplotlib", "sklearn"):
    pytest.importorskip(package, reason=f"{package} is not installed: maskgrad[notebooks]")


def test_both_plots_are_drawn(tmp_path, monkeypatch, capsys):
    from notebooks import make_figures

    drawn = sorted(path.name for path in make_figures.FOLDER.glob("*.png"))
    monkeypatch.setattr(make_figures, "FOLDER", tmp_path)
    monkeypatch.setattr(make_figures, "P", [0.5])
    assert make_figures.main(["--seeds", "1"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == drawn
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())
    assert str(tmp_path / drawn[0]) in capsys.readouterr().out
