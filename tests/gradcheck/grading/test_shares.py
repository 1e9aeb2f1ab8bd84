"""A dropout's default points: what a wrong gradient, or a wrong rate, costs."""

from __future__ import annotations

import pytest

from gradcheck.grading.points import share_out
from gradcheck.grading.shares import LAW_POINTS, SHARES, in_shares
from gradcheck.output.record import Item
from gradcheck.target.laws import law_names


def test_every_law_has_a_share_and_no_law_has_two() -> None:
    listed = [law for _, laws in SHARES.values() for law in laws]
    assert sorted(listed) == sorted(law_names())
    assert sum(LAW_POINTS.values()) == pytest.approx(10.0)


def items(broken: dict[str, str], section: dict[str, float] | None = None) -> list[Item]:
    told = share_out(section, law_names())
    return [Item(f"dropout: {law}", "dropout", broken.get(law, "passed"), "",
                 0.0 if law in broken else most,
                 0.0 if broken.get(law) == "skipped" else most) for law, most in told.items()]


@pytest.mark.parametrize(("broken", "earned"), [
    ((), 10.0), (("backward_uses_forward_mask",), 6.0), (("rate",), 7.0),
    (("rate", "rate_at_extreme_p"), 7.0), (("rate", "expectation"), 5.5), (("test_mode",), 9.0)])
@pytest.mark.parametrize("total", [10.0, 20.0])
def test_a_law_that_fails_takes_its_share_and_the_whole_stays_the_same(
    broken: tuple[str, ...], earned: float, total: float
) -> None:
    found = list(in_shares(items(dict.fromkeys(broken, "failed"), {"total": total})))
    assert sum(item.points or 0.0 for item in found) == pytest.approx(earned * total / 10)
    assert sum(item.max_points or 0.0 for item in found) == pytest.approx(total)


def test_a_law_that_is_ignored_costs_its_share_nothing() -> None:
    found = list(in_shares(items({"rate": "skipped"})))
    assert sum(item.points or 0.0 for item in found) == pytest.approx(10.0 - 3.0 / 16)
    assert all(item.points == item.max_points for item in found)
