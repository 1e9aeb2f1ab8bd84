"""Attention, a loss of a teacher's own, variants of a layer: what submissions are held to."""

from pathlib import Path

import pytest

from gradcheck.grading.file import judge_file
from gradcheck.grading.grade import grade_file

SOLUTION = (Path(__file__).parent / "attention_solution.py").read_text(encoding="utf-8")
NAMES = ["self_attention", "focal_loss", "gate_naive", "gate_fast"]


def graded(tmp_path, source, grade=judge_file, reference=SOLUTION, **settings):
    for name, text in (("teacher/solution.py", reference), ("class/homework.py", source)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return grade(tmp_path / "class/homework.py",
                 reference=str(tmp_path / "teacher/solution.py"), **settings)


def earned(record):
    found = {}
    for item in record.items:
        found[item.group] = found.get(item.group, 0.0) + item.points
    return found


def replaced(old, new):
    assert old in SOLUTION
    return SOLUTION.replace(old, new)


@pytest.mark.slow
def test_the_teachers_own_file_earns_all_points(tmp_path):
    assert earned(graded(tmp_path, SOLUTION)) == dict.fromkeys(NAMES, 10.0)


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "old", "new", "score"), [
    ("self_attention", ".sum(axis=-1, keepdims=True)) / np.sqrt(q.shape[-1])",
     ".sum(axis=-1, keepdims=True))", 4.0),
    ("self_attention", "k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]))", "k.swapaxes(-1, -2))", 0.0),
    ("focal_loss", "- (1 - p) ** 2) / len(y)", "- (1 - p) ** 2)", 4.0),
    ("focal_loss", "loss = -((1 - p) ** 2 * lp)", "loss = -((1 - p) * lp)", 0.0),
    ("gate_fast", "def gate_backward_fast(dout, cache):",
     "def gate_backward_fast(dout, cache):\n    dout = 2 * dout", 4.0),
], ids=["gradient of attention", "value of attention", "gradient of the loss", "value of the loss",
        "one variant alone"])
def test_a_slip_costs_the_layer_that_it_is_in(tmp_path, layer, old, new, score):
    found = earned(graded(tmp_path, replaced(old, new), only=layer))
    assert found == {layer: score}


def test_a_variant_that_is_missing_costs_itself_alone(tmp_path):
    source = SOLUTION.partition("def gate_forward_fast")[0]
    found = earned(graded(tmp_path, source, only=["gate_naive", "gate_fast"]))
    assert found == {"gate_naive": 10.0, "gate_fast": 0.0}


def test_a_solution_whose_attention_is_wrong_judges_nobody(tmp_path):
    wrong = replaced("ds = a * (da - (da * a)", "ds = a * (da + (da * a)")
    with pytest.raises(ValueError, match="does not pass the check, so no submission"):
        graded(tmp_path, SOLUTION, grade_file, reference=wrong)


def test_a_solution_that_takes_no_guess_asks_for_an_example(tmp_path):
    odd = ("def twist_forward(frob, knob):\n    return frob * knob['k'], knob['k']\n"
           "def twist_backward(dout, k):\n    return dout * k\n")
    with pytest.raises(ValueError, match=r"def twist_example\(rng\)"):
        graded(tmp_path, odd, grade_file, reference=odd)
