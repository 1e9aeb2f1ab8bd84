"""ONNX's own node cases of the layers for sequences and of the losses: its figures, our layers.

`onnx_cases.npz` holds the inputs and outputs of version 1.23.2 (onnx/backend/test/case/node, under
Apache 2.0): a table of (name, operator, attributes, inputs, outputs), and each array once. Left out
are operands that the layers have not: peepholes, grouped queries, a cache of past keys, additive
masks, a cap on the scores; and six cases of seven axes, for their size.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import layers as L

DATA = np.load(Path(__file__).with_name("onnx_cases.npz"))
TABLE = {row[0]: row[1:] for row in json.loads(str(DATA["table"]))}
GATES = {"RNN": (0,), "LSTM": (0, 2, 1, 3)}  # where ours stand in ONNX's i, o, f, c
COUNTS = {"SoftmaxCrossEntropyLoss": 30, "Attention": 19, "NegativeLogLikelihoodLoss": 16,
          "LogSoftmax": 7, "Softmax": 7, "RNN": 6, "LSTM": 5, "Gather": 4}


def recurrent(op, given, layout=0, direction="forward"):
    """Run a recurrent layer in each direction; return the last hidden states."""
    x = given["X"] if layout else given["X"].swapaxes(0, 1)
    last = []
    for k, W in enumerate(given["W"]):
        H, order = W.shape[0] // len(GATES[op]), GATES[op]

        def ours(w, H=H, order=order):
            return np.ascontiguousarray(np.concatenate([w[g * H:(g + 1) * H] for g in order]).T)

        b = np.zeros(2 * len(W), np.float32) if "B" not in given else given["B"][k]
        back = direction == "reverse" or k == 1
        forward = {"RNN": L.rnn_forward, "LSTM": L.lstm_forward}[op]
        h, _ = forward(x[:, ::-1] if back else x, np.zeros((len(x), H), np.float32), ours(W),
                       ours(given["R"][k]), ours(b[:len(W)] + b[len(W):]))
        last.append(h[:, -1])
    return {"Y_h": np.stack(last, axis=1 if layout else 0)}


def softmax(op, given, axis=-1):
    forward = {"Softmax": L.softmax_forward, "LogSoftmax": L.log_softmax_forward}[op]
    return {"output": forward(given["input"], axis)[0]}


def loss(op, given, reduction="mean", ignore_index=None):
    x = given["scores" if op == "SoftmaxCrossEntropyLoss" else "input"]
    y = given["labels" if op == "SoftmaxCrossEntropyLoss" else "target"]
    function = L.softmax_loss if op == "SoftmaxCrossEntropyLoss" else L.nll_loss
    value, _ = function(x, y, given.get("weights", given.get("weight")), ignore_index, reduction)
    return {"output": value, "loss": value, "log_prob": L.log_softmax_forward(x, 1)[0]}


def attention(op, given, scale=None, is_causal=0, q_num_heads=None, **_):
    q, k, v = (given[name] for name in "QKV")
    if q_num_heads:
        q, k, v = (a.reshape(*a.shape[:2], q_num_heads, -1).swapaxes(1, 2) for a in (q, k, v))
    if scale is not None:
        q = q * q.dtype.type(scale * np.sqrt(q.shape[-1]))
    mask = given.get("attn_mask")
    if is_causal:
        causal = np.tri(q.shape[-2], k.shape[-2], dtype=bool)
        mask = causal if mask is None else mask & causal
    out, _ = L.scaled_dot_product_attention_forward(q, k, v, mask)
    if q_num_heads:
        out = out.swapaxes(1, 2).reshape(len(out), out.shape[2], -1)
    return {"Y": out}


def gather(op, given, axis=0):
    table = np.moveaxis(np.asarray(given["data"], np.float32), axis, 0)
    words = given["indices"].astype(np.int64) % len(table)  # ONNX counts from the end below 0
    out, _ = L.word_embedding_forward(words, table.reshape(len(table), -1))
    shape = (*words.shape, *table.shape[1:])
    places = list(range(words.ndim))
    return {"output": np.moveaxis(out.reshape(shape), places, [axis + i for i in places])}


RUN = {"RNN": recurrent, "LSTM": recurrent, "Softmax": softmax, "LogSoftmax": softmax,
       "SoftmaxCrossEntropyLoss": loss, "NegativeLogLikelihoodLoss": loss,
       "Attention": attention, "Gather": gather}


@pytest.mark.parametrize("name", TABLE)
def test_the_figures_are_those_of_onnx(name):
    op, attributes, inputs, outputs = TABLE[name]
    found = RUN[op](op, {key: DATA[array] for key, array in inputs.items()}, **attributes)
    compared = [key for key in outputs if key in found]
    assert compared
    for key in compared:
        expected = DATA[outputs[key]]
        tolerance = 2e-3 if expected.dtype == np.float16 else 1e-6
        np.testing.assert_allclose(found[key], expected, rtol=20 * tolerance, atol=tolerance)


def test_all_cases_are_there():
    operators = [row[0] for row in TABLE.values()]
    assert {op: operators.count(op) for op in set(operators)} == COUNTS
