"""Pages in a real browser: no word on its console, no request, no wider than a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradcheck import check_all
from gradcheck.output.html.overview import as_overview
from gradcheck.output.html.page import as_page
from gradcheck.output.record import Item, Record
from tests.gradcheck.output.html.browser import CHROMIUM, THEMES, picture, visited
from tests.gradcheck.output.html.records import CHECKED, FAILED, argument, grid, report
from tests.hostile.test_page import EVIL, everywhere

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed")]
WIDTHS = (390, 1280)


def conv() -> str:
    one = np.random.default_rng(0).normal(size=(3, 2, 7, 6))
    item = replace(FAILED, details={**FAILED.details, "report": report(
        argument(grid(one, 2 * one)), argument(grid(one[0, 0, 0], one[0, 0, 1]), "b"))})
    return as_page([replace(CHECKED, items=(item,))])


def many() -> str:
    return as_page([Record("check", "ten.py", tuple(
        replace(FAILED, name=f"layer_{place}") for place in range(10)))])


def of_a_class() -> str:
    records = [Record("grade", f"class/student{place}.py", (
        Item("relu: value", "relu", "passed", "", 4.0, 4.0),
        Item("relu: gradient", "relu", "failed", "scaled in dx", 0.0, 6.0))) for place in range(30)]
    return as_overview(records, [record.target for record in records],
                       ["out/report.html"] * 30, "class of 30")


def judged() -> str:
    def square_forward(x):
        return x**2, x

    def square_backward(dout, x):
        return dout * x

    return as_page([check_all((square_forward, square_backward), detailed=True)])


PAGES: dict[str, Callable[[], str]] = {
    "a layer": lambda: as_page([CHECKED]), "four dimensions": conv, "ten layers": many,
    "a class": of_a_class, "judged": judged,
    "hostile": lambda: as_page([everywhere(evil) for evil in EVIL])}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_quiet_asks_for_nothing_and_fits_a_phone(page, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(PAGES[page](), encoding="utf-8")
    for width in WIDTHS:
        seen = visited(file, tmp_path, width)
        assert (seen.console, seen.asked) == ((), ())
        assert seen.wide == width
        assert seen.focus > 1


def test_what_talks_and_asks_is_noticed(tmp_path):
    file = tmp_path / "page.html"
    file.write_text('<!doctype html><img src="http://example.invalid/x.png">'
                    '<p style="width:999px">wide</p><script>console.error("no")</script>')
    seen = visited(file, tmp_path, 390)
    assert "no" in seen.console[0]
    assert seen.asked == ("http://example.invalid/x.png",)
    assert seen.wide > 390


def test_the_policy_stops_what_a_page_should_never_hold(tmp_path):
    file = tmp_path / "page.html"
    file.write_text(as_page([CHECKED]).replace(
        "</main>", '<img src="http://example.invalid/x.png"><script>alert(1)</script></main>'),
        encoding="utf-8")
    seen = visited(file, tmp_path)
    assert seen.asked == ()
    assert len(seen.console) == 2


def test_the_two_themes_are_two_pictures(tmp_path):
    file, pictures = tmp_path / "page.html", []
    file.write_text(as_page([CHECKED]), encoding="utf-8")
    for theme in THEMES:
        to = Path(tmp_path, f"{theme}.png")
        picture(file, tmp_path, 390, 600, theme, to)
        pictures.append(to.read_bytes())
    assert pictures[0][:8] == pictures[1][:8] == b"\x89PNG\r\n\x1a\n"
    assert pictures[0] != pictures[1]
