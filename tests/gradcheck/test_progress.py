"""A bar on stdout past two seconds, none before, and nothing on stderr ever."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_gradient, check_layer, check_net, progress
from gradcheck.progress import progress_bar
from nets import TwoLayerNet

X = np.random.default_rng(0).standard_normal((3, 4))


def mixed(x):
    """A layer without structure, so that many evaluations are made."""
    return np.tanh(x @ x.T), x


def mixed_backward(dout, x):
    inner = dout * (1 - np.tanh(x @ x.T) ** 2)
    return (inner + inner.T) @ x


def net():
    return TwoLayerNet(4, 3, 2, reg=0.1)


CHECKS = {
    "layer": lambda **options: check_layer(mixed, mixed_backward, X, **options),
    "gradient": lambda **options: check_gradient(
        lambda x: np.sum(x**3), lambda x: 3 * x**2, X, **options),
    "net": lambda **options: check_net(net(), X, np.zeros(3, int), name="mynet", **options),
    "projection": lambda **options: check_gradient(
        lambda x: np.sum(x**3), lambda x: 3 * x**2, np.ones(2000), **options),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_short_check_prints_nothing(name, capfd):
    assert CHECKS[name]().passed
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", CHECKS)
def test_a_long_check_shows_a_bar_on_stdout_and_nothing_on_stderr(name, capfd, monkeypatch):
    monkeypatch.setattr(progress, "DELAY", -1.0)
    report = CHECKS[name]()
    out, err = capfd.readouterr()
    assert report.passed
    assert report.name in out
    assert "calls" in out
    assert err == ""


@pytest.mark.parametrize("name", CHECKS)
def test_without_progress_even_a_long_check_is_silent(name, capfd, monkeypatch):
    monkeypatch.setattr(progress, "DELAY", -1.0)
    assert CHECKS[name](progress=False).passed
    assert capfd.readouterr() == ("", "")


def test_the_delay_is_two_seconds_of_the_clock(monkeypatch, capsys):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress_bar("slow") as bar:
        bar(1)
        now[0] += 1.9
        bar(1)
        assert bar.bar is None
        now[0] += 0.2
        bar(1)
        assert bar.bar is not None
        assert bar.bar.n == 3
        bar(4)
        assert bar.bar.n == 7
    assert "slow" in capsys.readouterr().out


def interrupted():
    with progress_bar("x") as bar:
        bar(1)
        raise KeyError(bar)


def test_the_bar_is_taken_away_when_the_check_ends_with_an_exception(monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", -1.0)
    with pytest.raises(KeyError) as caught:
        interrupted()
    assert caught.value.args[0].bar.disable
    capsys.readouterr()
