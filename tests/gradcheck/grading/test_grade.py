"""Laws of the grader: full marks for right answers, none undeserved, a valid result always."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gradcheck.grading import asked
from gradcheck.grading import submission as _grading
from gradcheck.grading.file import judge_file
from gradcheck.grading.grade import grade_file, grade_folder
from gradcheck.grading.points import load_points
from gradcheck.grading.reference import reference_layers
from gradcheck.grading.remote import Judge
from gradcheck.output.record import Record
from gradcheck.output.render import FORMATS, render
from tests.hostile import ALL, GOOD, Hostile

CS231N = (Path(__file__).parent / "submissions" / "cs231n.py").read_text()
LIMIT = 5.0


def graded(folder: Path, source: str, name: str = "homework.py", **settings) -> Record:
    file = folder / name
    file.write_text(source)
    return judge_file(file, **settings)


def earned(record: Record) -> list[str]:
    return [item.name for item in record.items if item.points]


def lost(record: Record) -> list[str]:
    return [item.name for item in record.items if item.points != item.max_points]


@pytest.mark.slow
def test_the_courses_own_solution_earns_full_marks_with_advice(tmp_path: Path) -> None:
    record = graded(tmp_path, CS231N, "layers.py")
    assert lost(record) == []
    assert (record.exit_code, record.passed) == (0, True)
    advice = "\n".join(note for note in record.notes if note.startswith("advice on dropout"))
    assert "np.random.seed" in advice
    assert "caller's dict" in advice


@pytest.mark.parametrize("source", ["", "import numpy as np\n", "x = 1\n"])
def test_an_empty_submission_earns_nothing(tmp_path: Path, source: str) -> None:
    record = graded(tmp_path, source)
    assert (record.score, record.exit_code, record.max_score > 50.0) == (0.0, 1, True)
    assert "defines no layer and no loss" in record.items[0].message


WRONG = [
    ("relu", "return np.maximum(0, x), x", "return np.maximum(0.1, x), x",
     ["relu: value", "relu: gradient", "relu: contract"]),
    ("relu", "return dout * (cache > 0)", "return dout * (cache > 0) * 2",
     ["relu: gradient", "relu: contract"]),
    ("relu", "return dout * (cache > 0)", "dout *= cache > 0\n    return dout", ["relu: contract"]),
    ("relu", "return dout * (cache > 0)",
     "return dout * (cache > 0) * (dout.dtype == np.float64)",
     ["relu: gradient", "relu: contract"]),
    ("softmax_loss", "return loss, dx / N", "return loss, dx / N * (x.dtype == np.float64)",
     ["softmax_loss: gradient", "softmax_loss: contract"]),
    ("affine", "return dx, dw, dout", "return dx * 1.01, dw, dout",
     ["affine: gradient", "affine: contract"]),
    ("affine", "return dx, dw, dout.sum(axis=0)", "return dx, dw",
     ["affine: gradient", "affine: contract"]),
    ("affine", "return out, (x, w, b)", "return out",
     ["affine: value", "affine: gradient", "affine: contract"]),
    ("softmax_loss", "loss = -np.sum(log_probs[np.arange(N), y]) / N",
     "loss = -np.sum(log_probs[np.arange(N), y])",
     ["softmax_loss: value", "softmax_loss: gradient", "softmax_loss: contract"]),
    ("svm_loss", "return loss, dx / N", "return loss, dx",
     ["svm_loss: gradient", "svm_loss: contract"]),
    ("batchnorm", "running_mean) / np.sqrt(running_var", "running_mean) / np.sqrt(1 + running_var",
     ["batchnorm: value"]),
    ("batchnorm", "momentum * running_mean + (1 - momentum) * mean",
     "(1 - momentum) * running_mean + momentum * mean", ["batchnorm: value"]),
    ("batchnorm", 'bn_param["running_var"] = running_var', "pass", ["batchnorm: value"]),
    ("affine_relu_dropout", "mask = (np.random.rand(*x.shape) >= p) / (1 - p)", "mask = 1.0",
     ["affine_relu_dropout: value"]),
    ("affine_relu_dropout", "mask = (np.random.rand(*x.shape) >= p) / (1 - p)",
     "mask = np.random.rand(*x.shape) >= p", ["affine_relu_dropout: value"]),
    ("affine_relu_dropout", "mask = (np.random.rand(*x.shape) >= p)",
     "mask = (np.random.rand(len(x), 1) >= p)", ["affine_relu_dropout: value"]),
]


@pytest.mark.parametrize(("layer", "right", "wrong", "parts"), WRONG)
def test_a_slip_costs_the_part_that_it_spoils(
    tmp_path: Path, layer: str, right: str, wrong: str, parts: list[str]
) -> None:
    assert right in CS231N
    record = graded(tmp_path, CS231N.replace(right, wrong), only=layer)
    assert lost(record) == parts
    assert all(item.message for item in record.items if item.name in parts)


DROPOUT_SLIPS = [
    ("np.random.rand(*x.shape) >= p)", "np.random.rand(*x.shape) < p)", "rate"),
    pytest.param(" / (1 - p)\n", "\n", "values", marks=pytest.mark.slow),
    pytest.param("dx = dout * mask", "dx = dout * (mask > 0)", "backward_uses_forward_mask",
                 marks=pytest.mark.slow),
    pytest.param('np.random.seed(dropout_param["seed"])', "np.random.seed(0)",
                 "other_seed_differs", marks=pytest.mark.slow),
]


@pytest.mark.slow
@pytest.mark.parametrize(("right", "wrong", "law"), DROPOUT_SLIPS)
def test_a_wrong_dropout_loses_the_law_and_keeps_others(
    tmp_path: Path, right: str, wrong: str, law: str
) -> None:
    assert right in CS231N
    record = graded(tmp_path, CS231N.replace(right, wrong), only="dropout")
    assert f"dropout: {law}" in lost(record)
    assert 0 < record.score < record.max_score


KEEP = [(">= p) / (1 - p)", "< p) / p")]
VANILLA = [(" / (1 - p)\n", "\n"), ("out = x\n", "out = x * (1 - p)\n"),
           ("dx = dout\n", "dx = dout * (1 - dropout_param['p'])\n")]
RNG = [("np.random.rand(*x.shape)", "dropout_param['rng'].random(x.shape)")]
GLOBAL = [('np.random.seed(dropout_param["seed"])', "pass")]
CONVENTIONS = [
    ("p_is", "keep", KEEP), ("scaling", "vanilla", VANILLA), ("seeding", "rng", RNG),
    ("seeding", "global", GLOBAL),
]


def changed(changes: list[tuple[str, str]]) -> str:
    source = CS231N
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.mark.slow
@pytest.mark.parametrize(("flag", "value", "changes"), CONVENTIONS)
def test_other_conventions_earn_full_marks_in_blocks_under_their_flag(
    tmp_path: Path, flag: str, value: str, changes: list
) -> None:
    source = changed(changes)
    record = graded(tmp_path, source, only="affine_relu_dropout", **{flag: value})
    assert lost(record) == []


@pytest.mark.slow
@pytest.mark.parametrize(("flag", "value", "changes"), CONVENTIONS)
def test_other_conventions_earn_full_marks_for_the_laws_under_their_flag(
    tmp_path: Path, flag: str, value: str, changes: list
) -> None:
    assert lost(graded(tmp_path, changed(changes), only="dropout", **{flag: value})) == []


@pytest.mark.slow
@pytest.mark.parametrize(("graded_with", "changes"), [
    ("--p-is drop", KEEP), ("--scaling inverted", VANILLA),
])
def test_a_file_in_another_convention_is_told_what_it_is_graded_with(
    tmp_path: Path, graded_with: str, changes: list
) -> None:
    record = graded(tmp_path, changed(changes), only="dropout")
    assert record.score < record.max_score
    assert any(f"it is graded with {graded_with}" in item.message for item in record.items)


@pytest.mark.slow
@pytest.mark.parametrize("body", ["return x, None", "return x * 0, None", "return None"])
def test_a_dropout_that_does_nothing_earns_nothing(tmp_path: Path, body: str) -> None:
    source = f"def dropout_forward(x, p): {body}\ndef dropout_backward(dout, cache): return dout\n"
    assert graded(tmp_path, source).score == 0.0


def test_an_absent_function_earns_nothing_and_the_message_lists_what_is_there(
    tmp_path: Path,
) -> None:
    record = graded(tmp_path, GOOD + "def affine_forward(x, w, b): return x, x\n")
    messages = {item.group: item.message for item in record.items}
    assert "missing" in messages["affine"]
    assert "relu_forward, relu_backward" in messages["affine"]
    assert earned(record) == ["relu: value", "relu: gradient", "relu: contract"]


def hostile_file(folder: Path, hostile: Hostile, port: int = 9) -> Path:
    file = folder / "homework.py"
    file.write_bytes(hostile.source.replace("PORT", str(port)).encode("utf-8", "surrogatepass"))
    return file


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as judge:  # one after the other, as for a folder
        yield judge


@pytest.mark.slow
@pytest.mark.parametrize("hostile", ALL, ids=lambda hostile: hostile.name)
def test_a_hostile_submission_ends_in_time_with_a_valid_result_and_no_undeserved_points(
    tmp_path: Path, hostile: Hostile, judge: Judge
) -> None:
    if "kills" in hostile.name and os.getuid() != 0 and graded(tmp_path, GOOD).notes:
        pytest.skip("this system would let it kill processes of the same user")
    with socket.create_server(("127.0.0.1", 0)) as server:
        file = hostile_file(tmp_path, hostile, server.getsockname()[1])
        started = time.monotonic()
        record = judge.record({"path": str(file), "timeout": LIMIT, "memory": 512})
        assert time.monotonic() - started < LIMIT + 30.0
    undeserved = [name for name in earned(record)
                  if not name.startswith(tuple(hostile.deserved or ("-",)))]
    assert undeserved == []
    assert record.fault != "judge"
    assert record.max_score >= 10.0
    for name in ("json", "gradescope", "prairielearn"):
        json.loads(render(record, name), parse_constant=pytest.fail)
    ET.fromstring(render(record, "junit"))
    text = "".join([record.error, record.output, *(item.message for item in record.items),
                    *(render(record, name) for name in FORMATS)])
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", text)
    text.encode("utf-8")


def test_a_submission_that_writes_nothing_outside_leaves_the_folder_as_it_was(
    tmp_path: Path,
) -> None:
    forger = next(h for h in ALL if "forges results" in h.name)
    file = hostile_file(tmp_path, forger)
    grade_file(file, timeout=LIMIT)
    assert [entry.name for entry in tmp_path.iterdir()] == ["homework.py"]


@pytest.mark.slow
def test_one_function_that_hangs_costs_only_its_own_points(tmp_path: Path) -> None:
    source = CS231N + "\ndef affine_forward(x, w, b):\n    while True: pass\n"
    record = graded(tmp_path, source, only=["affine", "relu", "svm_loss"], timeout=10.0)
    assert {item.group for item in record.items if item.points} == {"relu", "svm_loss"}
    assert record.exit_code == 3
    assert "took longer" in record.error


@pytest.mark.slow
def test_time_for_the_whole_submission_is_limited(tmp_path: Path) -> None:
    source = "import time\n" + CS231N.replace("return np.maximum(0, x), x",
                                              "time.sleep(0.3); return np.maximum(0, x), x")
    started = time.monotonic()
    record = graded(tmp_path, source, timeout=4.0)
    assert time.monotonic() - started < 30.0
    assert record.exit_code == 3
    assert "used up" in record.error


def test_a_file_that_is_not_there_gives_a_record(tmp_path: Path) -> None:
    record = grade_file(tmp_path / "none.py")
    assert (record.exit_code, record.score) == (3, 0.0)
    assert "no such file" in record.error


def test_our_own_fault_is_told_and_gives_a_valid_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr(_grading, "judge_layer", fail)
    record = graded(tmp_path, GOOD)
    assert record.exit_code == 4
    assert "not the submission's fault" in record.error
    assert json.loads(render(record, "prairielearn"))["gradable"] is False


def test_a_missing_reference_is_our_own_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ImportError("no layers")

    monkeypatch.setattr(asked, "reference_layers", fail)
    record = graded(tmp_path, GOOD)
    assert record.exit_code == 4
    assert json.loads(render(record, "gradescope"))["score"] == 0.0


def test_our_own_fault_with_one_layer_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = _grading.judge_layer

    def fail(pair, *rest):
        return 1 / 0 if pair.name == "relu" else judge(pair, *rest)

    monkeypatch.setattr(_grading, "judge_layer", fail)
    record = graded(tmp_path, CS231N, only=["relu", "affine"])
    assert {item.group: item.status for item in record.items} == {
        "relu": "error", "affine": "passed"}
    assert {item.fault for item in record.items if item.group == "relu"} == {"judge"}
    assert (record.exit_code, record.fault) == (4, "judge")


UNWRITTEN = ("def dropout_forward(x, dropout_param): {0}\ndef dropout_backward(dout, cache): pass\n"
             "def relu_forward(x): {0}\ndef relu_backward(dout, cache): pass\n")


def test_what_is_not_written_has_the_points_of_what_is(tmp_path: Path) -> None:
    written = graded(tmp_path, CS231N, only=["dropout", "relu"])
    assert written.max_score == graded(tmp_path, UNWRITTEN.format("pass")).max_score


@pytest.mark.parametrize("body", ["pass", "return None, None", "raise NotImplementedError"])
def test_what_is_not_written_is_one_item_without_points(tmp_path: Path, body: str) -> None:
    record = graded(tmp_path, UNWRITTEN.format(body))
    assert [(item.name, item.status, item.points) for item in record.items] == [
        ("dropout", "todo", 0.0), ("relu", "todo", 0.0)]
    assert record.exit_code == 1
    assert len(render(record).splitlines()) == 8  # each says why


WRITES = ("return dout * (cache > 0)", "dout *= cache > 0\n    return dout")


@pytest.mark.slow
@pytest.mark.parametrize("settings", [
    {"ignore": "dout-mutated"}, {"points": {"relu": {"total": 10, "ignore": ["dout-mutated"]}}},
    {"points": {"relu": {"total": 10}, "ignore": ["dout-mutated"]}},
])
def test_what_is_ignored_costs_nothing(tmp_path: Path, settings: dict) -> None:
    source = CS231N.replace(*WRITES)
    assert lost(graded(tmp_path, source, only="relu")) == ["relu: contract"]
    assert lost(graded(tmp_path, source, **{"only": "relu", **settings})) == []


def test_a_submission_cannot_ignore_its_own_findings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.gradcheck]\nignore = ["dout-mutated"]\n')
    source = CS231N.replace(*WRITES).replace(
        "def relu_backward(dout, cache):",
        "def relu_backward(dout, cache):  # gradcheck: ignore[dout-mutated]")
    assert "ignore[" in source
    assert lost(graded(tmp_path, source, only="relu")) == ["relu: contract"]


@pytest.mark.parametrize("settings", [
    {"ignore": "value-differs"}, {"points": {"relu": {"total": 10, "ignore": ["value-differs"]}}},
])
def test_a_value_that_is_not_compared_has_no_points_and_takes_none(
        tmp_path: Path, settings: dict) -> None:
    source = ("import numpy as np\n\ndef relu_forward(x):\n    return 2 * np.maximum(x, 0), x\n\n"
              "def relu_backward(dout, x):\n    return 2 * dout * (x > 0)\n")
    record = graded(tmp_path, source, only="relu", **settings)
    assert [(item.name, item.status) for item in record.items] == [
        ("relu: gradient", "passed"), ("relu: contract", "passed")]
    assert record.score == record.max_score
    assert graded(tmp_path, source, only="relu").score == 0


@pytest.mark.slow
def test_a_law_that_is_ignored_is_worth_nothing_to_anybody(tmp_path: Path) -> None:
    record = graded(tmp_path, CS231N, only="dropout", ignore="rate")
    law = next(item for item in record.items if item.name == "dropout: rate")
    assert (law.status, law.max_points) == ("skipped", 0.0)
    with pytest.raises(ValueError, match="did you mean rate"):
        graded(tmp_path, CS231N, only="dropout", ignore="rat")


@pytest.mark.parametrize("line", ["from .layers import *", "from cs231n.layers import *"])
def test_a_module_of_a_package_may_import_its_neighbours(tmp_path: Path, line: str) -> None:
    package = tmp_path / "cs231n"
    package.mkdir()
    (package / "layers.py").write_text(CS231N)
    source = (f"{line}\ndef affine_relu_forward(x, w, b):\n    a, fc = affine_forward(x, w, b)\n"
              "    out, relu = relu_forward(a)\n    return out, (fc, relu)\n"
              "def affine_relu_backward(dout, cache):\n"
              "    return affine_backward(relu_backward(dout, cache[1]), cache[0])\n")
    file, settings = package / "layer_utils.py", {"only": "affine_relu", "folder": str(package)}
    file.write_text(source)
    record = judge_file(file, **settings)
    assert record.score == 0.0
    assert "Remedy: " in " ".join([record.error, *record.notes])
    (package / "__init__.py").touch()
    alone = judge_file(file, only="affine_relu")
    told = " ".join([alone.error, *alone.notes])
    assert (alone.score, "--folder FOLDER" in told) == (0.0, True)
    record = judge_file(file, **settings)
    assert lost(record) == []
    assert record.score == 10.0


def test_an_import_that_fails_is_told_with_its_remedy(tmp_path: Path) -> None:
    record = graded(tmp_path, "import no_such_thing_at_all\n" + GOOD)
    assert "python -m pip install no_such_thing_at_all" in " ".join(record.notes)
    assert "fissix" in graded(tmp_path, "print 'two'\n").error


def test_whoever_refuses_what_the_reference_takes_has_failed(tmp_path: Path) -> None:
    source = CS231N.replace("def affine_forward(x, w, b):",
                            "def affine_forward(x, w, b):\n    assert x.shape == (4, 6, 1)")
    record = graded(tmp_path, source, only="affine")
    assert [(item.status, item.max_points) for item in record.items] == [
        ("failed", 4.0), ("failed", 4.0), ("failed", 2.0)]


def test_a_seed_repeats_the_grading(tmp_path: Path) -> None:
    source = CS231N.replace("return dx, dw, dout", "return dx * 1.01, dw, dout")
    one, two = (graded(tmp_path, source, only="affine", seed=7) for _ in range(2))
    assert [re.sub(r"[\d.]+ s\b", "", item.message) for item in one.items] == [
        re.sub(r"[\d.]+ s\b", "", item.message) for item in two.items]
    assert one.settings["seed"] == 7
    assert graded(tmp_path, source, only="affine").settings["seed"] != 7


def test_the_seed_is_told_and_is_that_of_the_table_unless_another_one_is_asked_for(
    tmp_path: Path,
) -> None:
    points = {"seed": 41, "relu": 3}
    record = graded(tmp_path, GOOD, points=points)
    assert record.settings["seed"] == 41
    assert render(record).rstrip().endswith(", seed 41")
    assert graded(tmp_path, GOOD, points=points, seed=7).settings["seed"] == 7
    with pytest.raises(ValueError, match="seed is 'x'"):
        graded(tmp_path, GOOD, points={"seed": "x", "relu": 3})


RAISING = """
import numpy as np
def helper(x):
    return np.linalg.inv(x[0])
def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)
def affine_backward(dout, cache):
    return helper(dout)
def relu_forward(x):
    raise RuntimeError("no relu")
def relu_backward(dout, cache): return dout
def tanh_forward(x, y, z): return x, x
def tanh_backward(dout, cache): return dout
"""


def test_the_students_own_line_is_named_and_none_of_ours(tmp_path: Path) -> None:
    record = graded(tmp_path, RAISING)
    told = {item.name: item.message for item in record.items}
    assert "(line 4, in helper)" in told["affine: gradient"]
    assert "(line 10, in relu_forward)" in told["relu: gradient"]
    assert not any(re.search(r"(of|in) call\b|_evaluate|sandbox\.py|child\.py", message)
                   for message in told.values())


@pytest.mark.slow
def test_grading_leaves_the_global_generator_alone(tmp_path: Path) -> None:
    state = np.random.get_state()[1].tobytes()
    graded(tmp_path, CS231N, only="affine_relu_dropout")
    assert np.random.get_state()[1].tobytes() == state


def test_a_table_of_points_decides_what_counts(tmp_path: Path) -> None:
    table = tmp_path / "points.toml"
    table.write_text("[relu]\nvalue = 3\ngradient = 7\n[tanh]\ntotal = 5\n"
                     "[dropout]\nlaw = 0.5\nrate = 4\n")
    record = graded(tmp_path, CS231N.partition("def dropout_forward")[0], points=table)
    laws = [item.max_points for item in record.items if item.group == "dropout"]
    assert sorted(set(laws)) == [0.5, 4.0]
    assert record.max_score == 3 + 7 + 5 + sum(laws)
    assert record.score == 3 + 7
    assert {item.group for item in record.items} == {"relu", "tanh", "dropout"}


@pytest.mark.parametrize(("text", "word"), [
    ("[relu\n", "TOML"), ("", "empty"), ("[relu]\nvalue = -1\n", "0 or more"),
    ("[relu]\nvalue = 'a'\n", "number"), ("[relu]\nvalue = true\n", "number"),
    ("relu = 'x'\n", "section"), ("[relu]\nvalues = 1\n", "values"),
    ("[unknown]\nvalue = 1\n", "unknown"), ("[dropout]\nrat = 1\n", "rat"),
    ("[relu]\nvalue = inf\n", "number"),
])
def test_a_wrong_table_is_refused_before_anything_runs(
    tmp_path: Path, text: str, word: str
) -> None:
    table = tmp_path / "points.toml"
    table.write_text(text)
    with pytest.raises(ValueError, match=word):
        graded(tmp_path, GOOD, points=table)
    with pytest.raises(ValueError, match="cannot be read"):
        load_points(tmp_path / "none.toml")


@pytest.mark.parametrize("settings", [
    {"only": "nothing"}, {"only": ["relu", "relo"]}, {"only": ["relo*"]},
    {"only": "relo", "points": {"relu": 3}}, {"points": {"relo": 3}},
    {"points": {"relu": {"valeu": 3}}}, {"points": {"dropout": {"rates": 3}}},
    {"points": {"relu": 3, "ignore": ["dout-mutate"]}},
    {"p_is": "up"}, {"scaling": "up"}, {"seeding": "up"},
])
def test_a_wrong_setting_is_refused(tmp_path: Path, settings: dict) -> None:
    with pytest.raises(ValueError, match="Remedy"):
        graded(tmp_path, GOOD, **settings)


@pytest.mark.slow
@pytest.mark.parametrize(("only", "points", "groups"), [
    (["relu_forward", "*_loss"], None, {"relu", "softmax_loss", "svm_loss"}),
    (["tanh", "affine_re*"], None, {"tanh", "affine_relu", "affine_relu_dropout"}),
    (["sig*"], None, {"sigmoid"}),
    (["*u"], {"relu": 3, "gelu": 2, "affine": 1}, {"relu", "gelu"}),
    (["affine"], {"relu": 3}, {"affine"}),
])
def test_layers_are_chosen_by_name_or_pattern(
    tmp_path: Path, only: list[str], points: dict | None, groups: set[str]
) -> None:
    record = graded(tmp_path, CS231N, only=only, points=points)
    assert {item.group for item in record.items} == groups


def test_the_reference_cannot_be_shadowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "layers.py"
    fake.write_text("raise RuntimeError('shadow')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    others = {name: sys.modules[name] for name in sys.modules
              if name == "layers" or name.startswith("layers.")}
    for name in others:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "layers", type(sys)("layers"))
    reference_layers.cache_clear()
    try:
        assert reference_layers().relu_forward(np.array([-1.0, 2.0]))[0].tolist() == [0.0, 2.0]
        assert not hasattr(sys.modules["layers"], "relu_forward")
    finally:
        reference_layers.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "alice.py").write_text(GOOD)
    (tmp_path / "bob.py").write_text("import os\nos._exit(0)\n")
    (tmp_path / "carol").mkdir()
    (tmp_path / "carol" / "layers.py").write_text("from alice import *\n")
    (tmp_path / "_helper.py").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("no submission")
    return tmp_path


def thread_map(function, items):
    assert isinstance(items, list)
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(function, items))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, thread_map])
def test_a_folder_is_graded_the_same_by_every_engine(
    folder: Path, workers, capfd: pytest.CaptureFixture
) -> None:
    records = grade_folder(folder, workers=workers, timeout=20.0)
    assert [os.path.relpath(record.target, folder) for record in records] == [
        "alice.py", "bob.py", os.path.join("carol", "layers.py")]
    assert [record.score for record in records] == [10.0, 0.0, 0.0]
    captured = capfd.readouterr()
    assert "grading" in captured.err
    assert captured.out == ""


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="folder"):
        grade_folder(tmp_path / "none")


def test_a_forward_earns_its_value_before_backward_is_written(tmp_path: Path) -> None:
    source = ("import numpy as np\n\ndef tanh_forward(x):\n    return np.tanh(x), x\n\n"
              "def tanh_backward(dout, x):\n    pass\n")
    assert [(item.name, item.status, item.points) for item in graded(tmp_path, source).items] == [
        ("tanh: value", "passed", 4.0), ("tanh: gradient", "todo", 0.0),
        ("tanh: contract", "todo", 0.0)]


def test_a_missing_module_costs_the_functions_that_use_it_alone(tmp_path: Path) -> None:
    source = ("import no_such_module_at_all as nope\nimport numpy as np\n\n"
              "def relu_forward(x):\n    return np.maximum(x, 0), x\n\n"
              "def relu_backward(dout, x):\n    return dout * (x > 0)\n\n"
              "def tanh_forward(x):\n    return nope.tanh(x), x\n\n"
              "def tanh_backward(dout, x):\n    return dout\n")
    record = graded(tmp_path, source)
    assert {item.group for item in record.items if item.points} == {"relu"}
    assert any("no_such_module_at_all could not be imported" in note for note in record.notes)
    assert record.score == 10.0
