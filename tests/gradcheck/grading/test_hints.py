"""What feedback tells at each level, and that it is told only once the points stand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcheck.grading import hints
from gradcheck.grading.grade import grade_file
from gradcheck.grading.points import load_hints
from gradcheck.grading.remote import Judge
from gradcheck.grading.untried import ABSENT
from gradcheck.output.record import Record
from gradcheck.output.render import FORMATS, render

RELU = """
import numpy as np
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, x):
    return dout * (x > 0)
"""
AFFINE = """
def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    return dx, x.reshape(len(x), -1).T @ dout, dout.mean(axis=0)
"""
DROPOUT = """
def dropout_forward(x, param):
    if param["mode"] == "test":
        return x, (param, None)
    rng = np.random.default_rng(param.get("seed"))
    mask = rng.random(x.shape) >= param["p"]
    return x * mask / (1 - param["p"]), (param, mask)
def dropout_backward(dout, cache):
    param, mask = cache
    return dout if mask is None else dout * mask
"""
WORDS = "another function is wanted here"
PLACE = "homework.py:13"
EDIT = "dout.sum(axis=0)"
CODE = "scaled in db"


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as judge:
        yield judge


def graded(judge: Judge, folder: Path, source: str, hints: int, **settings: Any) -> Record:
    file = folder / "homework.py"
    file.write_text(source)
    return judge.record({"path": str(file), "timeout": 30.0, "seed": 1, "hints": hints, **settings})


def verdicts(record: Record) -> list[tuple[str, str, float | None]]:
    return [(item.name, item.status, item.points) for item in record.items]


def repairs(record: Record) -> list[dict[str, Any]]:
    return [repair for item in record.items for repair in item.details.get("repairs", ())]


TOLD = {0: (), 1: (CODE,), 2: (CODE, WORDS, PLACE),
        3: (CODE, WORDS, PLACE, EDIT)}


@pytest.mark.slow
def test_each_level_tells_what_it_should_and_no_more_in_every_format(
    tmp_path: Path, judge: Judge
) -> None:
    records = {level: graded(judge, tmp_path, RELU + AFFINE, level) for level in TOLD}
    for level, record in records.items():
        assert verdicts(record) == verdicts(records[1])
        assert record.settings["hints"] == level
        for name in FORMATS:
            text = render(record, name)
            told = {words for words in TOLD[3] if words in text}
            if name in ("text", "json", "junit", "gradescope"):
                assert told >= {*TOLD[level]} - ({PLACE} if name == "json" else set())
            assert told <= {*TOLD[level]}, (level, name)


def test_the_edit_is_a_diff_that_git_applies(tmp_path: Path, judge: Judge) -> None:
    record = graded(judge, tmp_path, RELU + AFFINE, 3)
    (repair,) = repairs(record)
    assert repair["proof"] == "with the edit, all of affine passes"
    (tmp_path / "hint.patch").write_text(repair["diff"])
    subprocess.run(["git", "apply", "hint.patch"], cwd=tmp_path, check=True)
    assert EDIT in (tmp_path / "homework.py").read_text()


@pytest.mark.slow
def test_a_dropouts_line_is_found_by_its_laws(tmp_path: Path, judge: Judge) -> None:
    record = graded(judge, tmp_path, "import numpy as np\n" + DROPOUT, 2)
    ((item, repair),) = [(item, repair) for item in record.items
                         for repair in item.details.get("repairs", ())]
    assert item.name == "dropout: backward_uses_forward_mask"
    assert repair["text"].strip() == "return dout if mask is None else dout * mask"
    assert repair["diff"] is None
    assert repair["after"] == ""


@pytest.mark.slow
def test_a_module_of_a_package_and_a_file_with_other_line_ends_are_searched(
    tmp_path: Path, judge: Judge
) -> None:
    package = tmp_path / "course"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "tools.py").write_text("def flat(x): return x.reshape(len(x), -1)\n")
    source = AFFINE.replace("x.reshape(len(x), -1)", "flat(x)")
    (package / "homework.py").write_bytes(
        ("from .tools import flat\n" + source).replace("\n", "\r\n").encode())
    record = judge.record({"path": str(package / "homework.py"), "timeout": 30.0, "hints": 3,
                           "folder": str(package)})
    (repair,) = repairs(record)
    assert repair["line"] == 8
    assert "+    return dx, flat(x).T @ dout, dout.sum(axis=0)\r\n" in repair["diff"]


@pytest.mark.slow
def test_where_forward_is_another_function_too_its_own_edit_comes_first(
    tmp_path: Path, judge: Judge
) -> None:
    source = (RELU + AFFINE).replace("+ b, (", "+ 2 * b, (")
    record = graded(judge, tmp_path, source, 3)
    ((name, repair),) = [(item.name, repair) for item in record.items
                         for repair in item.details.get("repairs", ())]
    assert (name, repair["line"], repair["before"]) == ("affine: value", 9, "2")
    assert repair["proof"] == (
        "with the edit, value of affine passes, gradient and contract not yet")


def never(*_: object) -> None:
    raise AssertionError("a search was started")


@pytest.mark.parametrize(("status", "level"), [
    ("passed", 3), ("failed", 1), ("failed", 0), ("error", 3), ("todo", 3), ("skipped", 3)])
def test_no_search_starts_where_nothing_is_wrong_or_nobody_asks(
    monkeypatch: pytest.MonkeyPatch, status: str, level: int
) -> None:
    monkeypatch.setattr(hints, "apart", never)
    record = {"settings": {"hints": level, "seed": 1, "p_is": "drop", "scaling": "inverted",
                           "seeding": "seed"},
              "items": [{"name": "relu: gradient", "group": "relu", "status": status}]}
    assert hints.with_hints(record, {"path": "none.py"}, never, 0) is record


def test_a_missing_function_is_not_asked_about() -> None:
    told = f"relu_forward and relu_backward{ABSENT}no layer and no loss"
    record = {"settings": {"hints": 3, "seed": 1}, "notes": [], "items": [
        {"name": "relu: value", "group": "relu", "status": "failed", "message": told}]}
    assert hints.with_hints(record, {"path": "none.py"}, never, 0) is record


def asked_in_vain(monkeypatch: pytest.MonkeyPatch, part: str) -> list[str]:
    why = "the process that looks for it ended (exit code 1)"
    monkeypatch.setattr(hints, "apart", lambda *_: ({}, {"relu": why}))
    record = {"settings": {"hints": 3, "seed": 1, "timeout": 1.0, "p_is": "drop",
                           "scaling": "inverted", "seeding": "seed"}, "notes": [],
              "items": [{"name": f"relu: {part}", "group": "relu", "status": "failed",
                         "message": "wrong", "details": {}}]}
    return list(hints.with_hints(record, {"path": __file__}, never, 0)["notes"])


def test_a_note_says_why_there_is_no_line_and_only_where_one_was_looked_for(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked_in_vain(monkeypatch, "contract") == []
    assert asked_in_vain(monkeypatch, "gradient") == [
        "no line was found for relu: the process that looks for it ended (exit code 1)"]


def test_a_right_layer_is_not_asked_about(tmp_path: Path, judge: Judge) -> None:
    record = graded(judge, tmp_path, RELU + AFFINE, 1)
    asked = list(hints._asked(record.to_dict()))
    assert [entry["name"] for entry in asked] == ["affine"]
    assert asked[0]["broken"] == ["gradient", "contract"]


@pytest.mark.slow
def test_a_table_of_points_says_the_level_and_a_flag_wins(tmp_path: Path, judge: Judge) -> None:
    table = {"hints": 0, "affine": {"gradient": 5}}
    silent = graded(judge, tmp_path, RELU + AFFINE, None, points=table)  # type: ignore[arg-type]
    assert silent.settings["hints"] == 0
    assert {item.message for item in silent.items} == {""}
    assert graded(judge, tmp_path, RELU + AFFINE, 1, points=table).settings["hints"] == 1


@pytest.mark.parametrize("level", [4, -1, True, "2", 1.0])
def test_another_level_is_refused(level: object) -> None:
    with pytest.raises(ValueError, match=r"hints: got .*expected 0"):
        load_hints({"hints": level})


@pytest.mark.slow
def test_a_wrong_level_is_refused_from_python(tmp_path: Path) -> None:
    (tmp_path / "homework.py").write_text(RELU)
    with pytest.raises(ValueError, match="hints"):
        grade_file(tmp_path / "homework.py", hints=7)


def test_the_copy_for_the_second_process_holds_no_answers() -> None:
    with hints.copied() as folder:
        rooms = {path.name for path in Path(folder, "gradcheck").iterdir()}
        assert {"target", "repair", "check.py"} <= rooms
        assert not rooms & {"reference", "grading"}
        assert [path.name for path in Path(folder).iterdir()] == ["gradcheck"]


@pytest.mark.slow
def test_records_with_hints_are_the_schemas(tmp_path: Path, judge: Judge) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from gradcheck.output.json import schema

    record = graded(judge, tmp_path, RELU + AFFINE, 3)
    jsonschema.validate(json.loads(render(record, "json")), schema())


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new", "words"), [
    ("+ b, (", "- b, (", "another operator is wanted here"),
    ("np.maximum(x, 0), x", "np.minimum(x, 0), x", "another function is wanted here"),
    ("@ w + b, (", "@ w.T + b, (", "there is a transpose too many here"),
])
def test_a_forward_that_is_another_function_is_repaired_by_values_alone(
    tmp_path: Path, judge: Judge, old: str, new: str, words: str
) -> None:
    source = (RELU + AFFINE).replace("mean(axis=0)", "sum(axis=0)")
    assert old in source
    record = graded(judge, tmp_path, source.replace(old, new), 2)
    (repair,) = repairs(record)
    assert (repair["words"], repair["side"]) == (words, "value")
    assert repair["proof"].endswith("passes")


BATCHNORM = """
import numpy as np
def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    if bn_param["mode"] == "test":
        return gamma * (x - mean) / np.sqrt(var - eps) + beta, None
    bn_param["running_mean"] = momentum * mean + (1 - momentum) * x.mean(axis=0)
    bn_param["running_var"] = momentum * var + (1 - momentum) * x.var(axis=0)
    std = np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) / std
    return gamma * xhat + beta, (xhat, std, gamma)
def batchnorm_backward(dout, cache):
    xhat, std, gamma = cache
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).sum(axis=0)) / std
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)
"""


@pytest.mark.slow
def test_slips_in_forwards_test_mode_and_in_backward_are_told_each_at_its_part(
    tmp_path: Path, judge: Judge
) -> None:
    record = graded(judge, tmp_path, BATCHNORM, 2)
    assert [(item.name, repair["text"].strip()[:20], repair["proof"])
            for item in record.items for repair in item.details.get("repairs", ())] == [
        ("batchnorm: value", "return gamma * (x - ",
         "with the edit, value of batchnorm passes, gradient and contract not yet"),
        ("batchnorm: gradient", "dx = (dxhat - dxhat.",
         "with the edit, gradient and contract of batchnorm pass, value not yet")]
