"""Dropout, fully-connected and batchnorm cells of every year run on our layers."""

import functools
import json

import numpy as np
import pytest

from tests.course import own_cells
from tests.course.__main__ import main, notebooks_in
from tests.course.cells import Cell, cells_of, plain, stored_errors
from tests.course.editions import EDITIONS, edition_of
from tests.course.own_cells import YEARS, cell
from tests.course.run import FAILED, RAN, SKIPPED, STOPPED, Outcome, run_cells, run_notebook
from tests.course.shim import images, modules, standing_in
from tests.course.table import Notebook, table


@pytest.fixture(params=YEARS)
def year(request):
    return request.param


@pytest.fixture(autouse=True)
def own_randomness():
    state = np.random.get_state()
    yield
    np.random.set_state(state)


def names_after(year, *texts):
    """Return the namespace behind a year's cells."""
    pytest.importorskip("matplotlib").use("Agg")
    names = {}
    with standing_in(EDITIONS[YEARS[year][0]], data=images):
        for text in (own_cells.SETUP, *texts):
            exec(compile(plain(cell(text, year)), "<cell>", "exec"), names)
    return names


@functools.cache
def losses_of_2017():
    return names_after(2017, own_cells.NET)["losses"]


def outcomes(year, *texts):
    pytest.importorskip("matplotlib").use("Agg")
    edition, _ = YEARS[year]
    cells = [Cell(i, plain(cell(text, year)), 1e-5)
             for i, text in enumerate((own_cells.SETUP, *texts))]
    return list(run_cells(cells, edition))


def test_p_is_what_the_year_says(year):
    zeros = names_after(year, own_cells.ZEROS)["zeros"]
    for p, fraction in zeros.items():
        expected = p if year < 2018 else 1 - p
        assert abs(fraction - expected) < 5 * np.sqrt(p * (1 - p) / 120_000)


def test_the_gradient_cells_print_errors_around_what_they_state(year):
    _, backward, net, normalized = outcomes(
        year, own_cells.BACKWARD, own_cells.NET, own_cells.NORMALIZED_NET)
    assert [backward.status, net.status, normalized.status] == [RAN, RAN, RAN], (
        backward, net, normalized)
    assert len(backward.errors) == 1
    assert backward.worst < 1e-9
    assert len(net.errors) == 18
    assert net.worst < 1e-4
    assert len(normalized.errors) == 6
    assert normalized.worst < 1e-3


def test_the_same_net_comes_of_every_years_way_to_say_it(year):
    losses = names_after(year, own_cells.NET)["losses"]
    np.testing.assert_array_equal(losses, losses_of_2017())
    assert len(set(losses)) == 3


def test_one_dict_serves_batchnorm_and_layernorm(year):
    _, found = outcomes(year, own_cells.ONE_DICT_FOR_ALL)
    assert found.status == RAN, found


@pytest.mark.parametrize("year", [2017, 2018, 2022])
def test_the_regularization_experiment_trains(year):
    names = names_after(year, own_cells.TRAINING)
    off, on = names["solvers"].values()
    assert not off.model.use_dropout
    assert on.model.dropout_param["p"] == 0.75
    assert off.train_acc_history[-1] > 0.5


def test_the_shim_leaves_no_module_behind():
    import sys
    with standing_in():
        assert "cs231n.layers" in sys.modules
    assert "cs231n.layers" not in sys.modules
    assert set(modules()) >= {"cs231n.layers", "cs231n.classifiers.fc_net", "cs231n.optim"}


@pytest.mark.parametrize(("source", "name"), [
    ("for dropout in [0, 0.25, 0.5]:", "2016-2017"),
    ("for dropout in [1, 0.75, 0.5]:", "2018-2020"),
    ("for dropout_keep_ratio in [1, 0.75]:", "2021-"),
])
def test_a_notebook_tells_its_edition(source, name):
    assert edition_of(source).name == name
    assert edition_of("x = 1") is None


@pytest.mark.parametrize(("source", "code"), [
    ("print 'a', b", "print('a', b)"),
    ("print('a')", "print('a')"),
    ("print ('a')", "print ('a')"),
    ("print", "print()"),
    ("if x: print 'a'", "if x: print('a')"),
    ("  print '%s' % (\n    a)", "  print('%s' % (\n    a))"),
    ("print 'a', \\\n  b", "print('a', \\\n  b)"),
    ("print = 3", "print = 3"),
    ("!ls", "pass"),
    ("  %cd x", "  pass"),
    ("for i in xrange(3): pass", "for i in range(3): pass"),
])
def test_python_2_and_ipython_are_put_into_plain_python(source, code):
    assert plain(source) == code


def write(path, *sources):
    """Write a notebook: a text, then a cell, and so on; a text may be empty."""
    kinds = ("markdown", "code")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": [
        {"cell_type": kinds[i % 2], "source": source.splitlines(keepends=True)}
        for i, source in enumerate(sources)]}))


def test_the_stated_error_is_the_comments_or_else_the_texts(tmp_path):
    write(tmp_path / "a.ipynb", "expect errors around 1e-6", "a = 1", "",
          "# lr 1e-1\n# error should be around e-9\n# fine at 1e-7\nb = 1e-2", "1e-3", "c = 1", "",
          "")
    found = cells_of(tmp_path / "a.ipynb")
    assert [(c.place, c.stated) for c in found] == [(1, 1e-6), (3, 1e-7), (5, None)]


def test_the_errors_that_the_owner_saw_are_read_from_the_stored_output(tmp_path):
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [
        {"cell_type": "code", "source": "", "outputs": [
            {"output_type": "stream", "text": ["dx error:  1e-7\n", "loss: 2.3\n"]},
            {"output_type": "display_data", "data": {}}]},
        {"cell_type": "markdown", "source": "dx error: 1"}]}))
    assert stored_errors(tmp_path / "a.ipynb") == [("dx error", 1e-7)]


def test_a_notebook_of_the_old_format_is_read(tmp_path):
    (tmp_path / "a.ipynb").write_text(json.dumps({"worksheets": [
        {"cells": [{"cell_type": "code", "input": ["print 1\n", "print 2"]}]}]}))
    assert cells_of(tmp_path / "a.ipynb") == [Cell(0, "print(1)\nprint(2)", None)]


def test_a_cell_that_fails_or_takes_too_long_leaves_the_others_running():
    cells = [Cell(i, code, 1e-9) for i, code in enumerate([
        "a = 1", "1 / 0", "while True:\n  try:\n    pass\n  except Exception:\n    pass",
        "from google.colab import drive", "print('dx error: ', a)", "print('dx error: 1e-8')",
        "print('dx error: nan')", "raise SystemExit(3)"])]
    found = list(run_cells(cells, "2016-2017", seconds=0.2))
    assert [o.status for o in found] == [
        RAN, FAILED, STOPPED, SKIPPED, RAN, RAN, RAN, FAILED]
    assert found[1].message == "ZeroDivisionError: division by zero"
    assert [o.within for o in found] == [True] * 4 + [False, True, False, True]


def test_a_crash_is_told_of_every_cell(tmp_path):
    write(tmp_path / "a.ipynb", "", "import os; os._exit(7)", "", "a = 1")
    assert [o.status for o in run_notebook(tmp_path / "a.ipynb", "2021-")] == [FAILED, FAILED]


@pytest.mark.slow
def test_the_program_runs_a_folder_of_repositories(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    for name, year in (("old", 2016), ("new", 2020)):
        write(tmp_path / name / "assignment2" / "Dropout.ipynb",
              "", cell(own_cells.SETUP, year), "", cell(own_cells.BACKWARD, year),
              "", f"for {YEARS[year][1]['SWITCH']} in {YEARS[year][1]['SWITCHES']}: pass"
              .replace("(", "[").replace(")", "]"))
    write(tmp_path / "new" / "assignment2" / "BatchNormalization.ipynb",
          "", own_cells.SETUP, "", cell(own_cells.NORMALIZED_NET, 2020), "", "1 / 0")
    write(tmp_path / "other" / "Dropout.ipynb", "", "a = 1")
    assert [edition for _, edition in notebooks_in(tmp_path)] == [
        "2018-2020", "2018-2020", "2016-2017"]
    assert main([str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "| old | 2016-2017 | Dropout | 3 | 3 | 1 | 1.9e-11 (stated: 1e-10) | - | 0 |" in told
    assert "| new | 2018-2020 | BatchNormalization | 3 | 2 | 6 |" in told
    assert "new, BatchNormalization, cell 5: failed: ZeroDivisionError: division by zero" in told
    assert "8 ran, 1 failed, 0 stopped, 0 skipped" in told


def test_the_program_refuses_what_is_no_folder(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path / "none")])
    assert "expected a folder of repositories" in capsys.readouterr().err


def test_the_table_says_which_error_is_over_what_is_stated():
    over = Outcome(4, RAN, errors=(("dx error", 2e-8), ("dw error", 1e-12)), stated=1e-9)
    told = table([Notebook("r", "2021-", "Dropout", [over, Outcome(5, SKIPPED)],
                            stored=[("dx error", 3e-7), ("dw error", 1e-9)])])
    assert "| r | 2021- | Dropout | 1 | 1 | 2 | 2.0e-08 (stated: 1e-09) | 3.0e-07 | 1 |" in told
    assert "r, Dropout, cell 4: dx error 2.0e-08, stated 1e-09" in told
