"""Slips put into the layers for sequences: the code that each is given, and the line it is led to.

What no hypothesis fits is `unexplained`: most slips inside an LSTM's gates are, since they change
every gradient in a way of their own. There the line says where to look.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import layers
from gradcheck import check_layer
from gradcheck.cli import main
from gradcheck.examples.candidates import candidates

FOLDER = Path(layers.__file__).parent
DX = "dx = probs * (dout - (dout * probs).sum(axis=axis, keepdims=True))"
DB = "db = cast(da.sum(axis=(0, 1)), dtypes[2])"
DW = "return cast(transposed @ dout.reshape(x.size, shape[1]), dtype)"
LAST = "return dx.reshape(x.shape), dw, db"
HEADS = "return (*dx, *dW, dWo, *db, dbo)"
SINGLE = ("return cast(dquery, query.dtype), cast(dkey, key.dtype)",
          "return cast(dkey, key.dtype), cast(dquery, query.dtype)")
# module, layer, what is replaced, by what, the codes that name it
NAMED = [
    ("recurrent", "rnn", DB, DB.replace("(0, 1))", "(0, 1)) / len(da)"), {"scaled"}),
    ("recurrent", "rnn", "dstate = da[t] @ transposed", "dstate = da[t] @ transposed.T",
     {"missing-transpose"}),
    ("recurrent", "rnn", "da[t] *= dh[t] + dstate", "da[t] *= dh[t]",
     {"samples-ignored", "unexplained"}),
    ("lstm", "lstm_step", "rest[0], dprev_c, *rest", "rest[0], 0 * dprev_c, *rest",
     {"zero-gradient"}),
    ("lstm", "lstm_step", "dc = dc + dstate * o", "dc = dstate * o", {"samples-ignored"}),
    ("embedding", "word_embedding", DW, "dW = np.zeros(shape)\n    dW[x] = dout\n    return dW",
     {"overlap-overwritten"}),
    ("embedding", "temporal_affine", LAST, LAST.replace("dw", "dw / T"), {"scaled"}),
    ("softmax", "softmax", DX, "dx = probs * (dout - (dout * probs).sum())", {"wrong-axis-sum"}),
    ("softmax", "softmax", DX, "dx = probs * (1 - probs) * dout", {"diagonal-jacobian-only"}),
    ("softmax", "log_softmax", "* dout.sum(axis=axis, keepdims=True)", "* dout",
     {"diagonal-jacobian-only"}),
    ("attention", "scaled_dot_product_attention", *SINGLE, {"outputs-swapped"}),
    ("attention", "scaled_dot_product_attention",
     "        ds[part] /= dtype.type(math.sqrt(query.shape[-1]))\n", "", {"scaled"}),
    ("attention", "scaled_dot_product_attention", "        ds[part] *= w[part]\n", "",
     {"unexplained"}),
    ("multi_head_attention", "multi_head_attention", HEADS,
     HEADS.replace("*db", "db[0], db[1], -db[2]"), {"sign-flipped"}),
]
# The line that a slip stands on, where the code alone does not say what is wrong.
LED_TO = [
    ("lstm", "lstm", "dstate = dh[t] + dstate", "dstate = dh[t]"),
    ("lstm", "lstm", "dc = dc + dstate * o", "dc = dstate * o"),
    ("lstm", "lstm", "np.multiply(dc, c[t], out=df)", "np.multiply(dc, c[t + 1], out=df)"),
    ("lstm", "lstm", "np.multiply(dc, g, out=di)", "np.multiply(dc, i, out=di)"),
    ("lstm", "lstm", "np.multiply(dstate, tanh_c, out=do)",
     "np.multiply(dstate, c[t + 1], out=do)"),
    ("lstm", "lstm", "np.multiply(dc * i, 1 - g * g, out=dg)",
     "np.multiply(dc, 1 - g * g, out=dg)"),
    ("recurrent", "rnn", "da = (1 - h) * (1 + h)", "da = 1 - h"),
    ("recurrent", "rnn", "for t in reversed(range(len(h))):", "for t in range(len(h)):"),
]


def mutant(folder, module, old, new):
    """Write a module with a slip in it; return its path."""
    text = (FOLDER / f"{module}.py").read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path = folder / f"{module}_with_a_slip.py"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(("module", "name", "old", "new", "codes"), NAMED)
def test_a_slip_gets_a_code_that_names_it(tmp_path, module, name, old, new, codes):
    path = mutant(tmp_path, module, old, new)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    wrong = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(wrong)
    forward, backward = (getattr(wrong, f"{name}_{way}") for way in ("forward", "backward"))
    found = next(candidates(name, forward, np.random.default_rng(0)))
    report = check_layer(forward, backward, *found.args)
    assert report.status == "failed"
    assert {finding.code for finding in report.findings} <= codes
    assert report.findings[0].code in codes


@pytest.mark.slow
@pytest.mark.parametrize(("module", "name", "old", "new"), LED_TO)
def test_a_slip_without_a_name_is_led_to_its_line(tmp_path, capsys, module, name, old, new):
    path = mutant(tmp_path, module, old, new)
    assert main(["check", str(path), "--only", name, "--format", "json"]) == 1
    item, = json.loads(capsys.readouterr().out)["items"]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert item["details"]["report"]["findings"]
    repair, = item["details"]["report"]["repairs"]
    assert new in lines[repair["line"] - 1]
