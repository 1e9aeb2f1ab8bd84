"""What is ignored by a flag, on a def line or in the project's file does not count."""

import pytest

from gradcheck import check_all
from gradcheck.target.settings import WrongSettingError
from tests.gradcheck.target.made import checked, status, statuses

WRITES = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x):{comment}
    dout *= {factor}(x > 0)
    return dout
"""


def text(comment="", factor=""):
    return WRITES.format(comment=comment and f"  # gradcheck: ignore[{comment}]", factor=factor)


def test_a_finding_is_ignored_everywhere_or_on_the_def_line():
    assert status(text()) == "warned"
    assert status(text(), ignore=["dout-mutated"]) == "passed"
    assert status(text("dout-mutated")) == "passed"
    assert status(text("scaled")) == "warned"


def test_other_findings_count_all_the_same():
    assert status(text("dout-mutated", factor="2 * ")) == "failed"
    assert status(text("dout-mutated, scaled", factor="2 * ")) == "passed"


@pytest.mark.parametrize("header", [
    "def relu_backward(dout, x):  # gradcheck: ignore[dout-mutated]",
    "def relu_backward(\n    dout,  # gradcheck: ignore[dout-mutated]\n    x,\n):",
    "def relu_backward(dout: object, x: dict[str, int]):  #gradcheck:ignore[dout-mutated]",
    "@same\ndef relu_backward(dout, x):  # gradcheck: ignore[dout-mutated]",
])
def test_the_comment_may_stand_on_any_line_of_the_header(header):
    source = ("import functools\ndef same(f):\n    @functools.wraps(f)\n"
              "    def g(*a): return f(*a)\n    return g\n") + text()
    assert status(source.replace("def relu_backward(dout, x):", header)) == "passed"


def test_a_comment_below_the_header_is_none():
    body = "    # gradcheck: ignore[dout-mutated]\n    dout *="
    assert status(text().replace("    dout *=", body)) == "warned"


def test_a_class_takes_the_comment_at_its_methods():
    source = """
class Double:
    def forward(self, x): return 2 * x
    def backward(self, dout):{}
        dout *= 2
        return dout
"""
    assert status(source.format("")) == "warned"
    assert status(source.format("  # gradcheck: ignore[dout-mutated]")) == "passed"


def test_what_was_ignored_is_counted_in_one_line():
    two = text() + text("scaled", factor="2 * ").replace("relu", "lrelu")
    record = checked(two, ignore=["dout-mutated"])
    assert record.notes == ("ignored: 3 findings (dout-mutated 2 times, scaled)",)
    assert checked(text()).notes == ()


def test_where_what_is_ignored_kept_the_numbers_from_being_compared_nothing_passed():
    source = "def relu_forward(x): raise ValueError\ndef relu_backward(d, c): return d\n"
    assert statuses(source, ignore=["raises"]) == {"relu": "skipped"}


def test_a_code_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(WrongSettingError, match=r"got 'dout-mutatd'.*did you mean dout-mutated"):
        checked(text(), ignore=["dout-mutatd"])


@pytest.mark.slow
def test_a_law_may_be_broken_where_it_is_ignored():
    dropout = """
import numpy as np
def dropout_forward(x, param):{}
    rng = np.random.default_rng(param.get("seed"))
    kept = rng.random(x.shape) >= param["p"]
    scale = 1.0 if param["mode"] == "test" else kept / (1 - param["p"])
    return x * scale, scale
def dropout_backward(dout, scale): return dout * scale
"""
    record = checked(dropout.format(""))
    broken = [law["name"] for law in record.items[1].details["laws"] if law["status"] == "failed"]
    assert broken
    record = checked(dropout.format(f"  # gradcheck: ignore[{', '.join(broken)}]"))
    assert [item.status for item in record.items] == ["passed", "passed"]
    assert record.notes[0].startswith(f"ignored: {len(broken)} finding")


def test_a_comment_with_a_code_that_is_none_is_told_with_its_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hw.py").write_text(
        "def relu_forward(x): return x * (x > 0), x\n"
        "def relu_backward(dout, x):  # gradcheck: ignore[scaled, wrong-cached]\n"
        "    return 2 * dout * (x > 0)\n"
        "class Relu:  # gradcheck: ignore[zzz]\n"
        "    def forward(self, x): self.x = x; return x * (x > 0)\n"
        "    def backward(self, dout): return dout * (self.x > 0)\n")
    assert check_all("hw.py").notes == (
        "hw.py:2: ignore[wrong-cached]: there is no such code; did you mean "
        "wrong-cached-value or wrong-shape?",
        "hw.py:4: ignore[zzz]: there is no such code; `gradcheck explain` "
        "lists the codes.", "ignored: 1 finding (scaled)")
