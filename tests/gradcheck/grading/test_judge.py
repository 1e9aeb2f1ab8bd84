"""Of a gradient and a contract, grade says what check says; of values, what the course asks for."""

from pathlib import Path

import pytest

from gradcheck.grading.grade import grade_file
from gradcheck.target.check import check_all

CS231N = (Path(__file__).parent / "submissions" / "cs231n.py").read_text()
BODY = "dout * (cache > 0)"
RIGHT = f"return {BODY}"
LABEL = "dx[np.arange(N), y] -= 1\n"
THIRD = ("    for c in set(y.tolist()):\n"
         "        dx[np.flatnonzero(y == c)[2:], c] += 1\n")
TEST_CACHE = """\
        cache = ((x - running_mean) / np.sqrt(running_var + eps), gamma,
                 np.sqrt(running_var + eps))
        out = gamma * (x - running_mean)"""


def codes(item):
    report = item.details.get("report", {"findings": []})
    return {(finding["code"], finding["argument"]) for finding in report["findings"]}


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "old", "new", "gradient", "contract"), [
    ("relu", RIGHT, RIGHT, "passed", "passed"),
    ("relu", RIGHT, f"return ({BODY}).astype(np.float16).astype(dout.dtype)", "passed", "failed"),
    ("relu", RIGHT, f"{RIGHT} * (1 + 1e-3 * (dout.dtype == np.float32))",
     "failed", "failed"),
    ("relu", RIGHT, f"{RIGHT} * dout", "failed", "failed"),
    ("relu", RIGHT, "dout *= cache > 0\n    return dout", "passed", "failed"),
    ("batchnorm", "        out = gamma * (x - running_mean)", TEST_CACHE, "failed", "failed"),
    ("softmax_loss", LABEL, LABEL + THIRD, "failed", "failed"),
    ("affine_relu_dropout", "dx = dout * mask", "dx = dout * (mask > 0)", "failed", "failed"),
])
def test_check_and_grade_agree_on_gradient_and_contract(
        tmp_path, layer, old, new, gradient, contract):
    assert old in CS231N
    file = tmp_path / "homework.py"
    file.write_text(CS231N.replace(old, new))
    (checked,) = check_all(str(file), only=[layer]).items
    value, *graded = grade_file(file, only=layer, seed=0).items
    assert [item.status for item in graded] == [gradient, contract]
    assert value.status == "passed"
    assert (checked.status == "passed") == all(item.passed for item in graded)
    assert (checked.status == "warned") == ((gradient, contract) == ("passed", "failed"))
    assert checked.message in [item.message for item in graded]
    assert codes(checked) == codes(graded[0])


@pytest.mark.slow
@pytest.mark.parametrize("source", [
    "def tanh_forward(x): return x, None\ndef tanh_backward(dout, cache): return dout\n",
    "def tanh_forward(x): return 0 * x, None\ndef tanh_backward(dout, cache): return 0 * dout\n",
])
def test_a_right_gradient_of_another_function_is_told_so_and_earns_nothing(tmp_path, source):
    file = tmp_path / "homework.py"
    file.write_text(source)
    record = grade_file(file)
    assert record.score == 0
    assert "right for this forward" in record.items[1].message


def test_an_exception_of_a_backward_comes_with_the_submissions_own_line(tmp_path):
    file = tmp_path / "homework.py"
    file.write_text(CS231N.replace(RIGHT, "return dout.missing"))
    gradient = grade_file(file, only="relu").items[1]
    assert "raises: backward raised AttributeError" in gradient.message
    assert "in relu_backward" in gradient.message
    assert "return dout.missing" in gradient.message


def test_an_example_in_a_submission_does_not_choose_what_it_is_graded_at(tmp_path):
    file = tmp_path / "homework.py"
    file.write_text(CS231N.replace(RIGHT, "return dout * (cache > 0) * 2")
                    + "def relu_example(rng): return np.zeros((0, 3))\n")
    record = grade_file(file, only="relu")
    assert [item.status for item in record.items] == ["passed", "failed", "failed"]
    assert "scaled in dx" in record.items[1].message


@pytest.mark.slow
def test_a_loss_that_is_summed_is_a_definition_to_check_and_no_value_to_grade(tmp_path):
    file = tmp_path / "homework.py"
    summed = CS231N.replace("loss = -np.sum(log_probs[np.arange(N), y]) / N",
                            "loss = -np.sum(log_probs[np.arange(N), y])")
    file.write_text(summed.replace("    dx[np.arange(N), y] -= 1\n    return loss, dx / N",
                                   "    dx[np.arange(N), y] -= 1\n    return loss, dx"))
    assert check_all(str(file), only=["softmax_loss"]).passed
    assert grade_file(file, only="softmax_loss", seed=0).score == 0
