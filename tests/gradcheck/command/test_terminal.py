"""Where colour is wanted."""

import io

import pytest

from gradcheck.command.terminal import colored


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("environment", "on_a_terminal", "elsewhere"), [
    ({}, True, False),
    ({"TERM": "xterm"}, True, False),
    ({"TERM": "dumb"}, False, False),
    ({"NO_COLOR": "1"}, False, False),
    ({"NO_COLOR": ""}, True, False),
    ({"FORCE_COLOR": "1"}, True, True),
    ({"FORCE_COLOR": ""}, True, False),
    ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
])
def test_no_color_wins_and_force_color_comes_next(monkeypatch, environment, on_a_terminal,
                                                  elsewhere):
    for name in ("FORCE_COLOR", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (colored(Terminal()), colored(io.StringIO())) == (on_a_terminal, elsewhere)
