"""Every wrong argument gets an error that says got, expected and remedy, and nothing is mutated."""

from __future__ import annotations

import importlib
import pkgutil
from copy import deepcopy

import pytest

import tests.bad_input
from tests.bad_input import BadCall
from tests.layers.layer_laws import same_bits

TABLES = {
    module.name: importlib.import_module(f"tests.bad_input.{module.name}").CASES
    for module in pkgutil.iter_modules(tests.bad_input.__path__)
}
CASES = [pytest.param(case, id=f"{table}-{case.name}")
         for table, cases in TABLES.items() for case in cases]


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_with_its_reason_and_nothing_is_mutated(case: BadCall):
    args = case.make()
    before = deepcopy(args)
    with pytest.raises(case.error) as caught:
        case.call(*args)
    message = str(caught.value)
    missing = [word for word in (*case.words, "got", "Remedy: ") if word not in message]
    assert not missing, f"{missing} not in: {message}"
    assert same_bits(args, before)


def test_the_tables_hold_at_least_eighty_different_cases():
    names = [(table, case.name) for table, cases in TABLES.items() for case in cases]
    assert len(names) >= 80
    assert len(names) == len(set(names))
