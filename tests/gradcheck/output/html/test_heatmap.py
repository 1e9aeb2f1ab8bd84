"""Maps of gradients of any number of dimensions: colours, scale, numbers, what is not finite."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gradcheck.grid import MOST_ALONE, MOST_ALONG, MOST_CELLS, MOST_TILES, blocks_of, grid_of
from gradcheck.output.html.heatmap import DIFFERENCE, maps
from gradcheck.output.html.scale import HALF, colour, ink_on, level, rules
from tests.gradcheck.output.html.records import Balanced, grid
from tests.gradcheck.output.html.test_style import ENOUGH, contrast

LEVELS = range(2 * HALF + 1)


def cells(page, picture):
    """Return the level of each cell of one of the maps, by where it stands."""
    svg = re.findall(r"<svg.*?</svg>", page)[2 * picture]  # each map is followed by its scale
    return {(float(x), float(y)): int(at)
            for at, path in re.findall(r'<path class="v(\d+)"[^>]* d="([^"]*)"', svg)
            for x, y in re.findall(r"M([\d.]+) ([\d.]+)h", path)}


@pytest.mark.parametrize("shape", [(), (1,), (5,), (300,), (3, 4), (70, 50), (2, 3, 2),
                                   (3, 2, 7, 6), (40, 3, 8, 8), (2, 2, 2, 2, 3)])
def test_a_wrong_gradient_of_any_dimensions_has_three_maps(shape):
    one = np.arange(float(np.prod(shape))).reshape(shape)
    drawn = grid(one, one + 1)
    page = maps(drawn, "dx", [0] * len(shape))
    assert page.count("<figure") == 3
    Balanced(page)
    assert len(cells(page, 0)) == np.prod(drawn["shape"])


@pytest.mark.parametrize("shape", [(3, 4), (5,), (2, 3, 2, 2)])
def test_a_right_gradient_has_one_map_and_nothing_alarming(shape):
    page = maps(grid(np.ones(shape), np.ones(shape)), "dx")
    assert page.count("<figure") == 1
    assert DIFFERENCE not in page


def test_analytic_and_numeric_share_a_scale_and_signs_have_colours_of_their_own():
    page = maps(grid([[2.0, -1.0]], [[4.0, -4.0]]), "dx")
    assert list(cells(page, 0).values()) == sorted([level(2.0, 4.0), level(-1.0, 4.0)])
    assert set(cells(page, 1).values()) == {0, 2 * HALF}
    assert set(cells(page, 2).values()) == {level(-2.0, 3.0), level(3.0, 3.0)}


def test_only_what_disagrees_is_coloured_in_the_third_map():
    page = maps(grid([[1.0, 2.0], [3.0, 9.0]], [[1.0, 2.0], [3.0, 4.0]]), "dx", [1, 1])
    assert [at for at in cells(page, 2).values() if at != HALF] == [2 * HALF]
    assert page.count('class="worst"') == 3


def test_what_is_not_finite_is_drawn_and_named():
    page = maps(grid([[np.nan, np.inf, 1.0]], [[1.0, 1.0, 1.0]]), "dx", [0, 0])
    Balanced(page)
    assert ">nan<" in page
    assert ">inf<" in page
    assert "nan and inf are written" in page


def test_what_has_no_numeric_value_is_a_dot():
    page = maps(grid([1.0, 2.0], [1.0, 5.0], ["-", "x"]), "dx", [1])
    assert "compared along random directions" in page


@pytest.mark.parametrize("shape", [(3, 4), (300,), (129, 300), (64, 3, 32, 32), (1000, 40), (7,)])
def test_a_large_gradient_is_shown_by_the_worst_of_each_block(shape):
    rank = np.random.default_rng(0).random(shape).astype(np.float32)
    found = grid_of(rank, -rank, np.zeros(shape), np.full(shape, "."), rank)
    assert found.shape == tuple(-(-size // block) for size, block in
                                zip(shape, blocks_of(shape), strict=True))
    assert np.prod(found.shape) <= (MOST_ALONE if len(shape) == 1 else MOST_CELLS)
    assert np.prod(found.shape[:-2]) <= MOST_TILES
    assert len(shape) == 1 or max(found.shape[-2:]) <= MOST_ALONG
    assert found.analytic.max() == rank.max()
    first = tuple(slice(block) for block in found.block)
    assert found.analytic[(0,) * len(shape)] == rank[first].max()
    np.testing.assert_array_equal(found.numeric, -found.analytic)


def test_the_worst_cell_of_a_reduced_gradient_is_framed():
    one = np.zeros(512)
    one[301] = 5.0
    page = maps(grid(one, np.zeros(512)), "dx", [301])
    [frame] = set(re.findall(r'class="worst" x="([\d.]+)" y="([\d.]+)"', page))
    assert cells(page, 0)[tuple(map(float, frame))] == 2 * HALF


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_number_can_be_read_on_every_colour(theme):
    assert min(contrast(colour(at, theme), ink_on(colour(at, theme)))
               for at in LEVELS) >= ENOUGH


def test_neighbouring_colours_differ_and_the_dark_has_a_rule_for_each():
    assert len({colour(at) for at in LEVELS}) == len(LEVELS)
    assert all(f".v{at}{{fill:" in rules() for at in LEVELS)
