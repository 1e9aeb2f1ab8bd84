"""A layer that fails is given its line and an edit that is proved; what cannot be proved is not."""

import re
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from gradcheck import GradientError, check_gradient, check_layer, check_net
from gradcheck.repair import limit
from gradcheck.repair.edits import KINDS, LEVELS
from tests.gradcheck.repair import layers

RNG = np.random.default_rng(0)
X, W, B = RNG.normal(size=(4, 6)), RNG.normal(size=(6, 5)), RNG.normal(size=5)
CASES = {
    "affine": ((X, W, B), "db = dout.sum(axis=1)", "dout.sum(axis=0)", "axis"),
    "scaled": ((X, 0.3), "return dout * p", "dout * (1 - p)", None),
    "tanh": ((X,), "return dout * (1 - t)", "dout * (1 - t ** 2)", "exponent"),
    "layernorm": ((X, B[:1] * np.ones(6), np.ones(6)),
                  "+ xhat * (dxhat * xhat).mean(axis=1, keepdims=True))",
                  "- xhat * (dxhat * xhat).mean(axis=1, keepdims=True))", "operator"),
    "raising": ((X, W), "dx = dout @ w", "dx = dout @ w.T", "transpose"),
    "helped": ((X,), "return s * (1 + s)", "s * (1 - s)", "operator"),
    "cached": ((X, W), "return hidden @ w, (x, x, w)", "(x, hidden, w)", "name"),
    "split": ((X,), "dx[:, 2:] = db", "", None),
    "leaky": ((X, 0.1), "return np.where(x > 0, dout, slope)", "slope * dout)", "wider"),
    "lookup": ((RNG.integers(6, size=(4, 3)), W), "dw[idx] += dout", "np.add.at(dw, idx, dout)",
               "scatter"),
    "cell": ((X, X[::-1].copy()), "return dh * t, dh * x * (1 - t**2)", "(1 - t ** 2) + dc",
             "unread"),
    "scaled_rows": ((X, 0.3), "return dout / (s + eps) - 2 * x * total / s**2",
                    "total / (s + eps) ** 2", "borrowed"),
    "rooted": ((X,), "return dv * x + dout", "dv * x * 2 + dout", "factor"),
    "diagonal": ((X,), "return p * (1 - p) * dout",
                 "p * (dout - np.sum(p * dout, axis=1, keepdims=True))", "rewritten"),
    "spread": ((X,), "return dout[:, None] * np.ones_like(x)",
               "* (x == np.max(x, axis=1, keepdims=True))", "share"),
    "tied": ((np.where(np.arange(24).reshape(4, 6) < 2, 5.0, X),),
             "return (x == x.max(axis=1, keepdims=True)) * dout[:, None]",
             "/ np.sum(", "share"),
    "topped": ((np.where(np.arange(24).reshape(4, 2, 3) < 2, 5.0, X.reshape(4, 2, 3)),),
               "dx[i] = (x[i] == np.max(x[i])) * dout[i]", "/ np.sum(", "share"),
    "chosen": ((np.where(np.arange(24).reshape(4, 6) < 2, 5.0, X),),
               "return np.where(x == x.max(axis=1, keepdims=True), dout[:, None], 0)",
               "dout[:, None], 0) / np.sum(x == x.max(axis=1", "share"),
    "windows": ((RNG.normal(size=(4, 9)), 3, 2), "dx[:, i:i + size] += dout[:, i:i + 1]",
                "dx[:, i * stride:i * stride + size] +=", "bounds"),
}


@pytest.fixture(autouse=True)
def limits_in_seconds_of_the_processor(monkeypatch):
    """Let the limits of the search be what they are on a machine with nothing else to do."""
    monkeypatch.setattr(time, "monotonic", time.process_time)
    monkeypatch.setattr(limit, "GRACE", 60.0)


def checked(name, *args, repair="diff"):
    pair = (getattr(layers, f"{name}_{way}") for way in ("forward", "backward"))
    return check_layer(*pair, *args, repair=repair, progress=False)


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_line_is_shown_with_the_edit_that_repairs_it(name):
    args, line, after, kind = CASES[name]
    repair, = checked(name, *args).repairs
    assert repair.text.strip() == line
    assert repair.file == layers.__file__
    assert after in repair.diff.replace("**", " ** ").replace("  ", " ")
    assert kind in (None, repair.kind)
    assert repair.verified_at >= 2


def test_no_edit_takes_what_keeps_forward_finite():
    assert not any(repair.diff for repair in checked("unit", X).repairs)


def test_two_slips_are_repaired_in_one_diff():
    repair, = checked("two", X, W).repairs
    changed = [line for line in repair.diff.splitlines()[2:] if line[0] in "+-"]
    assert len(changed) == 4
    assert "(1 - t**2)" in repair.diff
    assert "dw = t.T @ dout" in repair.diff


@pytest.mark.parametrize(("name", "args", "lines"), [
    ("swish", (X,), ["    return dout * (s + x * s * (1 - s))"]),
    ("raising_twice", (X, W), ["    dx = dout @ w.T", "    dw = x.T @ dout"])])
def test_two_slips_are_repaired_in_one_statement_and_where_both_raise(name, args, lines):
    repair, = checked(name, *args).repairs
    assert [line[1:] for line in repair.diff.splitlines()[2:] if line[0] == "+"] == lines


def test_a_cache_is_unpacked_by_the_names_that_backward_uses():
    repair, = checked("renamed", X, W).repairs
    assert "+    x, weights = cache\n" in repair.diff.replace("(x, weights)", "x, weights")


def test_of_two_slips_both_lines_are_told_in_the_text_and_as_json():
    report = checked("two", X, W)
    repair, = report.to_dict()["repairs"]
    second, = repair["also"]
    lines = Path(layers.__file__).read_text().splitlines()
    changed = [line[1:] for line in repair["diff"].splitlines()[2:] if line.startswith("-")]
    assert sorted(lines[place["line"] - 1] for place in (repair, second)) == sorted(changed)
    assert f"layers.py:{second['line']}: " in str(report)
    assert f"and in line {second['line']}: {second['words']}" in str(report)
    kept, = checked("two", X, W, repair="line").repairs
    assert [place.after for place in kept.also] == [""]


def test_a_diff_is_one_that_git_applies_and_that_makes_the_layer_right(tmp_path):
    repair, = checked("affine", X, W, B).repairs
    copy = tmp_path / "a" / "layers.py"
    copy.parent.mkdir()
    copy.write_text(Path(layers.__file__).read_text())
    name = repair.diff.splitlines()[0].removeprefix("--- a/")
    (tmp_path / "p.diff").write_text(repair.diff.replace(name, "a/layers.py"))
    subprocess.run(["git", "apply", "p.diff"], cwd=tmp_path, check=True)
    names = {}
    exec(compile(copy.read_text(), str(copy), "exec"), names)
    assert check_layer(names["affine_forward"], names["affine_backward"], X, W, B,
                       progress=False).passed


def test_a_right_layer_has_no_repair_and_the_room_is_not_even_imported():
    assert checked("right", X).repairs == ()


def test_by_default_nothing_is_repaired():
    assert checked("affine", X, W, B, repair=None).repairs == ()


def test_with_line_the_edit_is_not_told():
    repair, = checked("affine", X, W, B, repair="line").repairs
    assert (repair.diff, repair.after, repair.line > 0) == (None, "", True)


def test_the_functions_are_left_as_they_were():
    before = layers.affine_backward.__code__
    checked("affine", X, W, B)
    assert layers.affine_backward.__code__ is before


def test_closures_are_repaired():
    forward, backward = layers.made_on_the_spot(0.1)
    repair, = check_layer(forward, backward, X, repair="diff", progress=False).repairs
    assert repair.after == "dout * slope"


@pytest.mark.slow
def test_a_net_is_repaired_in_its_loss():
    y = np.array([0, 2, 1, 1, 0, 2, 1])
    x = np.random.default_rng(3).normal(size=(7, 4))
    report = check_net(layers.Net(), x, y, repair="diff", progress=False)
    repair, = report.repairs
    assert repair.text.strip() == 'grads["W1"] = X.T @ dh'
    assert "self.reg * W1" in repair.after
    assert repair.arguments == ("W1",)


def test_without_other_sizes_there_is_no_proof_and_no_diff():
    x = RNG.normal(size=(4, 6))
    report = check_gradient(lambda v: np.sum(v**3), lambda v: 2 * v**2, x, repair="diff")
    assert all(repair.diff is None for repair in report.repairs)


def test_the_report_and_the_assertion_show_the_line_with_a_caret():
    report = checked("affine", X, W, B, repair="line")
    assert "layers.py:" in str(report)
    assert "^^^" in str(report)
    with pytest.raises(GradientError, match="another axis"):
        report.raise_if_failed()


def test_a_report_says_its_repairs_as_json():
    told, = checked("affine", X, W, B).to_dict()["repairs"]
    assert told["line"] == 14
    assert told["diff"].startswith("--- a/")


def test_another_word_for_repair_is_refused():
    with pytest.raises(ValueError, match="repair: got 'all'"):
        checked("affine", X, W, B, repair="all")


def test_what_edited_code_prints_and_draws_is_kept_to_itself(capsys):
    state = np.random.get_state()[1].tobytes()
    checked("affine", X, W, B)
    assert capsys.readouterr().out == ""
    assert np.random.get_state()[1].tobytes() == state


def test_it_works_outside_the_main_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(checked("affine", X, W, B)))
    thread.start()
    thread.join()
    assert found[0].repairs


@pytest.mark.slow
def test_where_nothing_is_proved_the_suspect_line_is_found_by_solving():
    repair, = checked("strange", X, W).repairs
    assert repair.text.strip().startswith("da = np.sinh")
    assert (repair.diff, repair.verified_at, repair.kind) == (None, 0, "suspect")


def test_a_factor_that_three_gradients_lack_is_found_where_it_is_lost():
    repair, = checked("lost", X, W, B).repairs
    assert repair.text.strip() == "da = dout"
    assert repair.after == "dout * (1 - t ** 2)"


@pytest.mark.slow
def test_where_only_an_edit_of_forward_repairs_it_that_one_is_shown():
    repair, = checked("squashed", X, W).repairs
    assert repair.side == "forward"
    assert repair.text.strip().startswith("return np.sin(h) ** 7")
    assert repair.after == "2"


def test_a_setting_that_is_a_whole_number_is_varied_so_that_no_constant_passes_for_it():
    repair, = checked("power", np.abs(X) + 0.5, 3).repairs
    assert repair.after.replace(" ", "") == "x**(n-1)"


def test_a_cache_that_is_not_unpacked_is_unpacked_as_forward_packed_it():
    repair, = checked("packed", X, X + 1).repairs
    assert "+    s, y = cache\n" in repair.diff


def test_a_name_that_is_not_defined_is_given_a_definition():
    repair, = checked("undefined", X).repairs
    assert "+    dot = np.sum(dout * x, axis=1, keepdims=True)\n" in repair.diff
    assert repair.words == "a name is not defined"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_edit_has_an_example_and_words(kind):
    assert kind.before != kind.after
    assert kind.words
    assert kind.level in LEVELS


def test_an_edit_is_held_to_the_examples_that_are_given():
    examples = [(np.abs(X[:k]) + 0.5, n) for k, n in ((2, 4), (3, 6))]
    repair, = check_layer(layers.power_forward, layers.power_backward, np.abs(X) + 0.5, 3,
                          examples=examples, repair="diff", progress=False).repairs
    assert repair.verified_at >= 2
    assert "n - 1" in repair.after


@pytest.mark.parametrize(("name", "args", "words"), [
    ("affine", (X, W, B), "another axis is wanted here"),
    ("raising", (X, W), "a transpose is missing here"),
    ("halved", (X, W), "there is a factor too many here"),
])
def test_the_words_say_what_is_wanted(name, args, words):
    repair, = checked(name, *args).repairs
    assert repair.words == words


def test_a_factor_too_much_is_taken_away_and_not_undone_by_another():
    repair, = checked("halved", X, W).repairs
    assert (repair.before, repair.after) == ("x.T.dot(dout) / n", "x.T.dot(dout)")


def test_where_a_line_is_shown_nobody_is_asked_to_derive_the_gradient_again():
    report = checked("scaled_rows", X, 0.3)
    assert report.repairs
    for said in (str(report), str(report.to_dict())):
        assert "found by trying small edits" in re.sub("\\s+", " ", said)
        assert "derive the gradient" not in said
    assert "derive the gradient" in str(checked("scaled_rows", X, 0.3, repair=None))


def test_a_setting_that_was_written_as_a_number_is_put_back_wherever_it_stands():
    repair, = check_layer(layers.blur_forward, layers.blur_backward, X, 2, examples=[(X[:3], 1)],
                          repair="diff", progress=False).repairs
    assert repair.words.startswith("a number stands here for a setting")
    assert repair.after == "((0, 0), (pad, pad))"
