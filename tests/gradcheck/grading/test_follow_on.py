"""A block is not charged again for the slip of a layer that it calls."""

from pathlib import Path

import pytest

from gradcheck.grading.file import judge_file

CS231N = (Path(__file__).parent / "submissions" / "cs231n.py").read_text()
RELU = "return dout * (cache > 0)"
SLIP = "return dout * (cache >= -0.5)"
HALF = "return np.maximum(0, x), x"


def graded(tmp_path, *changes, only=("affine", "relu", "affine_relu"), **settings):
    source = CS231N
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    file = tmp_path / "homework.py"
    file.write_text(source)
    record = judge_file(file, only=list(only), seed=1, **settings)
    scores = {}
    for item in record.items:
        scores[item.group] = scores.get(item.group, 0) + item.points
    return record, scores


@pytest.mark.parametrize(("old", "new", "earned"), [
    (RELU, SLIP, 4.0), (HALF, "return np.maximum(0.1 * x, x), x", 0.0),
])
def test_a_block_that_calls_a_wrong_layer_earns_its_points_and_names_it(
        tmp_path, old, new, earned):
    record, scores = graded(tmp_path, (old, new))
    assert scores == {"affine": 10.0, "relu": earned, "affine_relu": 10.0}
    told = [advice for item in record.items if item.group == "affine_relu"
            for advice in item.advice]
    assert any("own affine and relu" in text and "wrong only as relu is" in text for text in told)


def test_a_verdict_alone_does_not_name_the_layer(tmp_path):
    record, scores = graded(tmp_path, (RELU, SLIP), hints=0)
    assert scores["affine_relu"] == 10.0
    assert not any(item.advice or item.message for item in record.items)


def test_a_slip_of_the_blocks_own_is_charged_there(tmp_path):
    _, scores = graded(tmp_path, (RELU, SLIP), (
        "return affine_backward(relu_backward(dout, relu_cache), fc_cache)",
        "return affine_backward(2 * relu_backward(dout, relu_cache), fc_cache)"))
    assert scores == {"affine": 10.0, "relu": 4.0, "affine_relu": 4.0}


def test_a_slip_that_is_charged_nowhere_else_is_charged_in_the_block(tmp_path):
    _, scores = graded(tmp_path, (RELU, SLIP), only=["affine", "affine_relu"])
    assert scores == {"affine": 10.0, "affine_relu": 4.0}


def test_a_block_of_nothing_right_earns_nothing(tmp_path):
    _, scores = graded(tmp_path, (RELU, SLIP), ("return dx, dw, dout.sum(axis=0)",
                                                "return dx, dw, dout.mean(axis=0)"))
    assert scores == {"affine": 4.0, "relu": 4.0, "affine_relu": 4.0}


@pytest.mark.slow
def test_a_block_with_dropout_and_normalization_follows_its_layers(tmp_path):
    source = CS231N
    blocks = [name for name in ("affine_bn_relu", "affine_relu_dropout")
              if f"def {name}_forward" in source]
    assert blocks
    for block in blocks:
        _, scores = graded(tmp_path, (RELU, SLIP), only=["affine", "relu", "batchnorm", "dropout",
                                                         block])
        assert scores[block] == 10.0, block
