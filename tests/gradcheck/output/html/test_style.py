"""The palette is legible: every text on every ground that it stands on, in both themes."""

from __future__ import annotations

import re

import pytest

from gradcheck.output.html.style import DARK, LIGHT, ON, STATUSES, stylesheet

ENOUGH = 4.5  # WCAG 2.2, success criterion 1.4.3, for text of any size
ENOUGH_DRAWN = 3.0  # 1.4.11, for what is no text


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear,
                                                     strict=True))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_is_the_one_that_wcag_defines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_has_the_contrast_of_aa(palette):
    poor = {(text, ground): round(contrast(palette[text], palette[ground]), 2)
            for text, ground in ON if contrast(palette[text], palette[ground]) < ENOUGH}
    assert not poor


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_what_is_drawn_stands_out(palette):
    assert min(contrast(palette[series], palette["paper"])
               for series in ("series", "series-2")) >= ENOUGH_DRAWN


def test_both_themes_name_the_same_colours_and_every_one_that_is_used():
    assert list(LIGHT) == list(DARK)
    used = set(re.findall(r"var\(--([\w-]+)\)", stylesheet()))
    made_of_these = {"ground", "shade"}
    assert used - made_of_these <= set(LIGHT)
    assert {f"{status}-tint" for status in STATUSES} <= set(LIGHT)


def test_every_brace_of_the_style_sheet_is_closed():
    depth = 0
    for sign in re.findall(r"[{}]", stylesheet()):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0


def test_what_goes_on_beyond_the_edge_has_a_shade_there_and_none_on_paper():
    screen, _, paper = stylesheet().partition("@media print")
    shaded = re.search(r"pre,\.scroll\{--shade:[^}]*\}", screen)[0]
    assert shaded.count("linear-gradient(") == 4
    assert shaded.count(" local") == 2  # these go with the text, and cover the shade at its ends
    assert "pre,.scroll{background:var(--ground)}" in paper
    assert all(f"--ground:var(--{name})" in screen for name in ("surface", "paper"))
