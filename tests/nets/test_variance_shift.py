"""Dropout before a batchnorm shifts its variance; after it, it does not."""

import re

import numpy as np
import pytest

from nets.__main__ import main
from nets.variance_shift import PLACEMENTS, VarianceShift, variance_shift

pytest.importorskip("sklearn", reason="scikit-learn is not installed: maskgrad[notebooks]")


@pytest.mark.slow
def test_dropout_before_a_batchnorm_shifts_the_variance_and_dropout_after_it_does_not():
    shifts = {placement: variance_shift(placement, seed=1, hidden=128, epochs=15)
              for placement in PLACEMENTS}
    assert shifts["before"].largest > 1.15
    assert shifts["before"].ratios[0] < 1.08, "the batchnorm in front of the dropout is not hit"
    assert max(*shifts["after"].ratios, *shifts["none"].ratios) < 1.08
    assert all(shift.test_error < 0.1 for shift in shifts.values())


def test_the_shift_grows_with_p_and_is_a_function_of_the_seed():
    small, large = (variance_shift("before", p, seed=0, hidden=64, epochs=10) for p in (0.1, 0.7))
    assert large.largest > small.largest + 0.1
    assert small == variance_shift("before", 0.1, seed=0, hidden=64, epochs=10)
    assert small != variance_shift("before", 0.1, seed=1, hidden=64, epochs=10)


def test_without_dropout_p_does_not_matter():
    one, two = (variance_shift("none", p, hidden=16, epochs=2) for p in (0.1, 0.9))
    assert one == two


def test_the_global_generator_is_neither_read_nor_written():
    np.random.seed(5)
    before = np.random.get_state()[1].tolist()
    variance_shift("before", hidden=8, epochs=1)
    assert np.random.get_state()[1].tolist() == before


@pytest.mark.parametrize(("arguments", "words"), [
    ({"placement": "behind"}, "'none' or 'before' or 'after'"),
    ({"placement": "after", "p": 1.0}, "0 <= p < 1"),
    ({"placement": "after", "epochs": 0}, "epochs"),
    ({"placement": "after", "batch_size": 1}, "batch_size"),
    ({"placement": "after", "seed": -1}, "seed"),
])
def test_a_wrong_argument_is_refused(arguments, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        variance_shift(**arguments)


def test_largest_is_that_of_the_batchnorm_hit_hardest():
    assert VarianceShift((1.01, 1.3, 1.2), 0.0).largest == 1.3


def test_the_command_prints_the_mean_of_the_seeds(capsys):
    assert main(["variance-shift", "--seeds", "2", "--epochs", "1"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    shown = dict(re.findall(r"^(\w+) +p .*variance\) ([\d.]+)", out, re.MULTILINE))
    assert set(shown) == set(PLACEMENTS)
    ratios = [variance_shift("before", seed=seed, epochs=1).largest for seed in (0, 1)]
    assert float(shown["before"]) == pytest.approx(np.mean(ratios), abs=0.00051)


def test_the_command_refuses_p_of_one(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["variance-shift", "--p", "1"])
    assert stop.value.code == 2
    assert "0 <= p < 1" in capsys.readouterr().err
