"""What the page on taking over a notebook says is enough: no shim, the page's lines instead."""

import re

import numpy as np
import pytest

from tests import shown
from tests.course import own_cells
from tests.course.cells import plain
from tests.course.own_cells import YEARS, cell

PAGE = shown.ROOT / "notebooks" / "pages" / "takeover.md"
IMPORTS, CONVENTION = shown.blocks(PAGE, "python")


def names_after(year, *texts):
    """Run cells behind the page's lines for the year, their imports from cs231n left out."""
    names = {}
    exec(IMPORTS, names)
    if YEARS[year][0] == "2018-2020":
        exec(CONVENTION, names)
    for text in (own_cells.SETUP, *texts):
        code = re.sub(r"^(from cs231n|import matplotlib).*\n", "", cell(text, year), flags=re.M)
        exec(plain(code), names)
    return names


@pytest.fixture(params=[2017, 2018, 2022])
def year(request):
    state = np.random.get_state()
    yield request.param
    np.random.set_state(state)


def test_with_keep_prob_written_for_p_the_zeros_are_the_years(year):
    zeros = own_cells.ZEROS if year < 2018 else own_cells.ZEROS.replace("'p':", "'keep_prob':")
    for p, fraction in names_after(year, zeros)["zeros"].items():
        expected = p if year < 2018 else 1 - p
        assert abs(fraction - expected) < 5 * np.sqrt(p * (1 - p) / 120_000)


@pytest.mark.slow
def test_the_nets_run_and_drop_what_the_year_means(year, capsys):
    names = names_after(year, own_cells.NET, own_cells.NORMALIZED_NET, own_cells.ONE_DICT_FOR_ALL)
    assert len(set(names["losses"])) == 3
    assert names["losses"] == names_after(2017, own_cells.NET)["losses"]
    assert capsys.readouterr().out.count("error: ") == 42


def test_the_page_names_the_sign_of_every_edition():
    text = PAGE.read_text(encoding="utf-8")
    for sign in ("for dropout in [0, 0.25, 0.5]", "for dropout in [1, 0.75, 0.5]",
                 "for dropout_keep_ratio in [1, 0.75, 0.5]"):
        assert f"`{sign}`" in text
