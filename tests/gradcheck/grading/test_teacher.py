"""A teacher's own solution is what submissions are held to, and none of them can read it."""

import sys
from pathlib import Path

import numpy as np
import pytest

from gradcheck.cli import main
from gradcheck.grading.file import judge_file
from gradcheck.grading.grade import grade_file, grade_folder
from gradcheck.grading.teacher import teachers_pairs
from gradcheck.mask_laws.conventions import Conventions

SOLUTION = (Path(__file__).parent / "solution.py").read_text()
NAMES = ["lstm_step", "conv", "damped", "charbonnier_loss"]


@pytest.fixture
def solution(tmp_path):
    folder = tmp_path / "teacher"
    folder.mkdir()
    file = folder / "solution.py"
    file.write_text(SOLUTION)
    return file


def handed_in(tmp_path, source=SOLUTION, name="homework.py"):
    file = tmp_path / "class" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(source)
    return file


def altered(*changes):
    source = SOLUTION
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return source


def scores(record):
    found = {}
    for item in record.items:
        found[item.group] = found.get(item.group, 0) + item.points
    return found


def test_the_solutions_own_layers_count_and_earn_all_points(tmp_path, solution):
    record = judge_file(handed_in(tmp_path), reference=str(solution))
    assert scores(record) == dict.fromkeys(NAMES, 10.0)
    assert record.max_score == 40.0
    assert record.settings["reference"] == solution.name


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "old", "new", "score"), [
    ("conv", "dxp[window] += ", "dxp[window] = ", 4.0),
    ("conv", "axes=([1, 2, 3], [1, 2, 3])) + b", "axes=([1, 2, 3], [1, 2, 3]))", 0.0),
    ("lstm_step", "dnext_h * o * (1 - t ** 2)", "dnext_h * o", 4.0),
    ("lstm_step", "return o * t, c, (", "return o * t, 2 * c, (", 0.0),
    ("damped", "return d * weight, d * x", "return d * x, d * weight", 4.0),
    ("damped", "return alpha * np.tanh", "return abs(alpha) * np.tanh", 0.0),
    ("charbonnier_loss", "/ x.size", "", 4.0),
    ("charbonnier_loss", ".mean(), d / np.sqrt(1 + d ** 2) / x.size",
     ".sum(), d / np.sqrt(1 + d ** 2)", 0.0),
])
def test_a_slip_costs_what_it_spoils(tmp_path, solution, layer, old, new, score):
    file = handed_in(tmp_path, altered((old, new)))
    assert scores(judge_file(file, reference=str(solution), only=layer, seed=1)) == {layer: score}


def test_a_slip_at_the_teachers_second_example_alone_is_found(tmp_path, solution):
    file = handed_in(tmp_path, altered(("return d * weight, d * x",
                                        "return d * weight * (1 + (alpha < 0)), d * x")))
    record = judge_file(file, reference=str(solution), only="damped")
    assert [item.status for item in record.items] == ["passed", "failed", "failed"]


def test_what_is_missing_counts_as_in_every_other_submission(tmp_path, solution):
    record = judge_file(handed_in(tmp_path, "def other_forward(x): return x, x"),
                        reference=str(solution))
    assert (record.score, record.max_score) == (0.0, 40.0)
    assert {item.group for item in record.items} == set(NAMES)


def test_a_table_names_the_teachers_layers_and_ours(tmp_path, solution):
    table = {"damped": {"total": 6}, "relu": 3}
    record = judge_file(handed_in(tmp_path), reference=str(solution), points=table)
    assert scores(record) == {"damped": 6.0, "relu": 0.0}
    with pytest.raises(ValueError, match=r"got \['dampd'\].*damped"):
        judge_file(handed_in(tmp_path), reference=str(solution), points={"dampd": 3})


@pytest.mark.slow
def test_a_wrong_solution_is_an_error_with_its_report_before_anything_is_judged(
        tmp_path, solution, capsys):
    handed_in(tmp_path, "raise SystemExit('judged')")
    solution.write_text(altered(("return d * weight, d * x", "return 2 * d * weight, d * x")))
    code = main(["grade", str(tmp_path / "class"), "--reference", str(solution)])
    told = capsys.readouterr()
    assert code == 2
    assert told.out == ""
    assert "scaled in dx" in told.err
    assert "damped" in told.err
    assert "conv" not in told.err.replace("gradcheck", "")
    assert not (tmp_path / "class.results").exists()


@pytest.mark.slow
def test_a_wrong_layer_of_a_solution_is_refused_beside_names_that_are_not_its_own(
        tmp_path, solution):
    solution.write_text(altered(("return d * weight, d * x", "return 2 * d * weight, d * x")))
    with pytest.raises(ValueError, match="scaled in dx"):
        grade_file(handed_in(tmp_path), reference=solution, points={"damped": 6, "relu": 3})


@pytest.mark.parametrize(("source", "told"), [
    ("x = 1", "none of them a layer"), ("import nowhere.at_all; x = (", "SyntaxError"),
    ("def odd_forward(f): return f(1.0), f\ndef odd_backward(d, f): return d", "odd"),
])
def test_a_solution_that_cannot_be_one_says_why(tmp_path, solution, source, told):
    solution.write_text(source)
    with pytest.raises(ValueError, match=told):
        grade_file(handed_in(tmp_path), reference=solution)


def test_a_solution_that_is_no_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a Python file"):
        grade_file(handed_in(tmp_path), reference=tmp_path)


READS = """
import numpy as np, pathlib, sys
for place in PLACES:
    try:
        exec(pathlib.Path(place).read_text())
    except OSError:
        pass
sys.path[:0] = [str(pathlib.Path(place).parent) for place in PLACES]
try:
    from solution import *
except ImportError:
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("place", ["teacher", "class"])
@pytest.mark.parametrize("hand_in", ["mallory.py", "mallory/homework.py"])
def test_no_submission_reads_the_solution_wherever_it_lies(tmp_path, place, hand_in):
    solution = tmp_path / place / "solution.py"
    solution.parent.mkdir()
    solution.write_text(SOLUTION)
    file = tmp_path / "class" / hand_in
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(READS.replace("PLACES", repr([str(solution), "solution.py", "../solution.py"])))
    (record,) = grade_folder(tmp_path / "class", reference=solution, only="damped", progress=False)
    assert (record.score, record.max_score) == (0.0, 10.0)
    assert Path(record.target).name == file.name


@pytest.mark.parametrize("inner", ["solution.py", "below/solution.py"])
def test_a_solution_in_a_submissions_own_folder_is_refused(tmp_path, inner):
    file = handed_in(tmp_path)
    solution = file.parent / inner
    solution.parent.mkdir(exist_ok=True)
    solution.write_text(SOLUTION)
    with pytest.raises(ValueError, match="may read it"):
        judge_file(file, reference=str(solution), folder=str(file.parent), only="damped")


@pytest.mark.slow
def test_a_changed_solution_is_judged_by_anew(tmp_path, solution):
    handed_in(tmp_path)
    settings = {"reference": solution, "only": "damped", "results": tmp_path / "results",
                "progress": False, "seed": 1}
    first, = grade_folder(tmp_path / "class", **settings)
    same, = grade_folder(tmp_path / "class", resume=True, **settings)
    assert same.seconds == first.seconds
    solution.write_text(SOLUTION.replace("alpha * np.tanh", "2 * alpha * np.tanh").replace(
        "dout * alpha", "2 * dout * alpha"))
    other, = grade_folder(tmp_path / "class", resume=True, **settings)
    assert (first.score, other.score) == (10.0, 0.0)


BLOCK = """
import numpy as np
def gated_dropout_forward(x, w, dropout_param):
    p = dropout_param['p']
    h = x * w
    if dropout_param['mode'] == 'test':
        return h, (x, w, None)
    rng = np.random.default_rng(dropout_param['seed'])
    mask = (rng.random(x.shape) < p) / p
    return h * mask, (x, w, mask)
def gated_dropout_backward(dout, cache):
    x, w, mask = cache
    dout = dout if mask is None else dout * mask
    return dout * w, dout * x
def gated_dropout_example(rng):
    return rng.normal(size=(4, 6)), rng.normal(size=(4, 6)), {'mode': 'train', 'p': 0.3, 'seed': 1}
"""


@pytest.mark.slow
def test_a_solution_with_dropout_keeps_the_conventions_of_the_class(tmp_path, solution):
    solution.write_text(BLOCK)
    file = handed_in(tmp_path, BLOCK)
    record = judge_file(file, reference=str(solution), p_is="keep")
    assert scores(record) == {"gated_dropout": 10.0}
    file.write_text(BLOCK.replace("< p) / p", "< 1 - p) / (1 - p)"))
    assert scores(judge_file(file, reference=str(solution), p_is="keep"))["gated_dropout"] < 10.0


def test_loading_a_solution_leaves_the_search_path_as_it_was(solution):
    before = list(sys.path)
    pairs = teachers_pairs(str(solution), Conventions())
    assert list(pairs) == NAMES
    assert sys.path == before
    drawn = list(pairs["damped"].example(np.random.default_rng(0)))
    assert [args[0].shape for args in drawn] == 3 * [(3, 4), (2, 2)]
