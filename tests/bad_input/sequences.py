"""Wrong arguments of the layers for sequences, of softmax, of weighed losses and recurrent nets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import layers as L
from nets import CaptioningRNN, RecurrentClassifier
from tests.bad_input import BadCall

NAN = float("nan")
DROP = {"mode": "train", "p": 0.5, "seed": 1}
VOCABULARY = {"<NULL>": 0, "<START>": 1, "cat": 2}


def cell(gates: int) -> dict[str, Any]:
    """Return right arguments of a recurrent layer of 4 units, N = 2, T = 3, D = 5."""
    return {"x": np.ones((2, 3, 5)), "h0": np.zeros((2, 4)), "Wx": np.ones((5, 4 * gates)),
            "Wh": np.ones((4, 4 * gates)), "b": np.zeros(4 * gates)}


def step(gates: int) -> dict[str, Any]:
    arrays = cell(gates)
    state = {"prev_h": arrays.pop("h0")}
    if gates == 4:
        state["prev_c"] = np.zeros((2, 4))
    return {"x": arrays.pop("x")[:, 0], **state, **arrays}


RIGHT: dict[Callable[..., Any], dict[str, Any]] = {
    L.rnn_forward: cell(1), L.lstm_forward: cell(4),
    L.rnn_step_forward: step(1), L.lstm_step_forward: step(4),
    L.word_embedding_forward: {"x": np.array([[0, 2]]), "W": np.ones((3, 4))},
    L.temporal_affine_forward: {"x": np.ones((2, 3, 4)), "w": np.ones((4, 5)), "b": np.ones(5)},
    L.softmax_forward: {"x": np.ones((2, 3))}, L.log_softmax_forward: {"x": np.ones((2, 3))},
    L.scaled_dot_product_attention_forward: {
        "query": np.ones((2, 3, 4)), "key": np.ones((2, 5, 4)), "value": np.ones((2, 5, 6))},
    L.multi_head_attention_forward: {
        **{name: np.ones((2, 3, 4)) for name in ("query", "key", "value")},
        **{name: np.ones((4, 6)) for name in ("Wq", "Wk", "Wv")}, "Wo": np.ones((6, 4)),
        **{name: np.ones(6) for name in ("bq", "bk", "bv")}, "bo": np.ones(4), "num_heads": 2},
    L.temporal_softmax_loss: {"x": np.ones((2, 3, 4)), "y": np.zeros((2, 3), int),
                              "mask": np.ones((2, 3), bool)},
    **{loss: {"x": np.ones((4, 3)), "y": np.array([0, 1, 2, 1])}
       for loss in (L.softmax_loss, L.nll_loss, L.svm_loss)},
    L.mse_loss: {"x": np.ones(3), "y": np.ones(3)},
}
RNN, LSTM = L.rnn_forward, L.lstm_forward
EMBED, ATTEND = L.word_embedding_forward, L.scaled_dot_product_attention_forward
HEADS, TEMPORAL = L.multi_head_attention_forward, L.temporal_softmax_loss


def wrong(name: str, call: Callable[..., Any], changes: dict[str, Any], *words: str,
          error: type[Exception] = ValueError) -> BadCall:
    """One row: `call` with its right arguments, save for the changed ones."""
    given = {**RIGHT[call], **changes}
    return BadCall(f"{call.__name__}: {name}", lambda *args: call(**dict(zip(
        given, args, strict=True))), lambda: tuple(given.values()), error, words)


def back(name: str, forward: str, *douts: Any, words: tuple[str, ...]) -> BadCall:
    """One row: a backward with douts of another shape than the outputs."""
    call = getattr(L, f"{forward}_forward")
    cache = call(**RIGHT[call])[-1]
    return BadCall(f"{forward}_backward: {name}", getattr(L, f"{forward}_backward"),
                   lambda: (*douts, cache), ValueError, words)


RECURRENT = [
    *(row for call, gates in ((RNN, 1), (LSTM, 4)) for row in (
        wrong("no time step", call, {"x": np.ones((2, 0, 5))}, "x", "(2, 0, 5)", "T >= 1"),
        wrong("x of one step", call, {"x": np.ones((2, 5))}, "x", "3 dimensions"),
        wrong("lengths that disagree", call, {"h0": np.zeros((3, 4))}, "h0", "(3, 4)", "(2, H)"),
        wrong("Wx of other features", call, {"Wx": np.ones((6, 4 * gates))}, "Wx", "D = 5"),
        wrong("Wh of other gates", call, {"Wh": np.ones((4, 5 * gates))}, "Wh", f"(4, {4 * gates})",
              "H = 4"),
        wrong("b too long", call, {"b": np.zeros(4 * gates + 1)}, "b", f"({4 * gates},)"),
        wrong("NaN in Wh", call, {"Wh": np.full((4, 4 * gates), NAN)}, "Wh", "NaN"),
        wrong("integers", call, {"x": np.ones((2, 3, 5), int)}, "x", "int64", error=TypeError),
        wrong("another granularity", call, {"dropout_param": {**DROP, "granularity": "batch"}},
              "granularity", "'sequence' or 'step'"),
        wrong("a state_p of 1", call, {"dropout_param": {**DROP, "state_p": 1.0}}, "state_p",
              "0 <= p < 1"),
        wrong("a slip in a key", call, {"dropout_param": {**DROP, "state_q": 0.5}}, "'state_q'",
              "'state_p'"),
        wrong("no mode", call, {"dropout_param": {"p": 0.5}}, "'mode'", error=KeyError),
        wrong("packed bits", call, {"dropout_param": {**DROP, "store": "bits"}}, "store", "'mask'"),
    )),
    wrong("Wx of one gate", LSTM, {"Wx": np.ones((5, 4))}, "Wx", "4 * H = 16"),
    wrong("x of many steps", L.rnn_step_forward, {"x": np.ones((2, 3, 5))}, "x", "2 dimensions"),
    wrong("lengths that disagree", L.rnn_step_forward, {"prev_h": np.ones((1, 4))}, "prev_h",
          "(1, 4)"),
    wrong("a cell state of other units", L.lstm_step_forward, {"prev_c": np.ones((2, 3))}, "prev_c",
          "(2, 3)", "(2, 4)"),
    back("dh of one step", "rnn", np.ones((2, 4)), words=("dh", "(2, 4)", "(2, 3, 4)")),
    back("dh of one step", "lstm", np.ones((2, 4)), words=("dh", "(2, 4)", "(2, 3, 4)")),
    back("dnext_c of other units", "lstm_step", np.ones((2, 4)), np.ones((2, 5)),
         words=("dnext_c", "(2, 5)", "(2, 4)")),
    BadCall("lstm_backward: the cache of rnn", L.lstm_backward,
            lambda: (np.ones((2, 3, 4)), RNN(**cell(1))[1]), ValueError, ("cache", "lstm_forward")),
]
WORDS = [
    wrong("an index beyond the table", EMBED, {"x": np.array([3])}, "x", "3 to 3", "0 <= x < 3"),
    wrong("a negative index", EMBED, {"x": np.array([-1, 2])}, "x", "-1 to 2", "0 <= x < 3"),
    wrong("words of floats", EMBED, {"x": np.ones(2)}, "x", "float64", error=TypeError),
    wrong("words in a list", EMBED, {"x": [0, 1]}, "x", "np.asarray", error=TypeError),
    wrong("a table of one axis", EMBED, {"W": np.ones(3)}, "W", "2 dimensions"),
    wrong("w transposed", L.temporal_affine_forward, {"w": np.ones((5, 4))}, "w", "D = 4"),
    wrong("x of one step", L.temporal_affine_forward, {"x": np.ones((2, 4))}, "x", "3 dimensions"),
    wrong("a mask of another shape", TEMPORAL, {"mask": np.ones((2, 4), bool)}, "mask", "(2, 4)",
          "(2, 3)"),
    wrong("a mask of numbers", TEMPORAL, {"mask": np.ones((2, 3))}, "mask", "bool",
          error=TypeError),
    wrong("labels of another length", TEMPORAL, {"y": np.zeros((2, 2), int)}, "y", "(2, 2)"),
    wrong("a label beyond the vocabulary", TEMPORAL, {"y": np.full((2, 3), 4)}, "y", "0 <= y < 4"),
    wrong("no samples", TEMPORAL, {"x": np.ones((0, 3, 4))}, "x", "one sample"),
]
ATTENTION = [
    wrong("keys of another length", ATTEND, {"key": np.ones((2, 5, 3))}, "key", "(2, 5, 3)", "4"),
    wrong("keys of other samples", ATTEND, {"key": np.ones((3, 5, 4))}, "key", "(3, 5, 4)"),
    wrong("no keys", ATTEND, {"key": np.ones((2, 0, 4)), "value": np.ones((2, 0, 6))}, "key",
          "one key"),
    wrong("a value too few", ATTEND, {"value": np.ones((2, 4, 6))}, "value", "(2, 4, 6)", "5"),
    wrong("no features", ATTEND, {"query": np.ones((2, 3, 0)), "key": np.ones((2, 5, 0))}, "query"),
    wrong("a mask of another shape", ATTEND, {"mask": np.ones((5, 3), bool)}, "mask", "(5, 3)",
          "(2, 3, 5)"),
    wrong("a mask of numbers", ATTEND, {"mask": np.ones((3, 5))}, "mask", "bool", error=TypeError),
    wrong("heads that do not divide", HEADS, {"num_heads": 4}, "num_heads", "E = 6",
          "6 / 4 = 1.5 is not whole"),
    wrong("no heads", HEADS, {"num_heads": 0}, "num_heads", ">= 1"),
    wrong("half a head", HEADS, {"num_heads": 0.5}, "num_heads", "0.5", error=TypeError),
    wrong("Wq transposed", HEADS, {"Wq": np.ones((6, 4))}, "Wq", "D = 4", "query"),
    wrong("bk too long", HEADS, {"bk": np.ones(7)}, "bk", "(7,)", "(6,)"),
    wrong("Wv of columns that do not divide", HEADS, {"Wv": np.ones((4, 5)), "bv": np.ones(5)},
          "Wv", "2 heads"),
    back("dout of other features", "scaled_dot_product_attention", np.ones((2, 3, 4)),
         words=("dout", "(2, 3, 4)", "(2, 3, 6)")),
]
LOSSES = [
    *(wrong(f"an axis that is not there ({axis})", call, {"axis": axis}, "axis", str(axis))
      for call in (L.softmax_forward, L.log_softmax_forward) for axis in (2, -3)),
    wrong("no classes", L.softmax_forward, {"x": np.ones((2, 0))}, "x", "one element"),
    *(row for loss in (L.softmax_loss, L.nll_loss, L.svm_loss) for row in (
        wrong("an unknown reduction", loss, {"reduction": "avg"}, "reduction", "'avg'", "'mean'"),
        wrong("a weight too few", loss, {"weights": np.ones(2)}, "weights", "(2,)", "(3,)"),
        wrong("a negative weight", loss, {"weights": np.array([1.0, -1, 1])}, "weights", ">= 0"),
        wrong("NaN among the weights", loss, {"weights": np.array([1.0, NAN, 1])}, "weights"),
        wrong("all ignored", loss, {"y": np.full(4, 9), "ignore_index": 9}, "y", "mean"),
        wrong("a label that is not the ignored one", loss, {
            "y": np.array([9, 8, 0, 1]), "ignore_index": 9}, "y", "0 <= y < 3"),
        wrong("a float to ignore", loss, {"ignore_index": 1.0}, "ignore_index", error=TypeError),
        wrong("labels of no place", loss, {"x": np.ones((4, 3, 2))}, "y", "(4,)", "(4, 2)"),
    )),
    wrong("an unknown reduction", L.mse_loss, {"reduction": None}, "reduction", "None",
          error=TypeError),
]


def classifier(name: str, *words: str, error: type[Exception] = ValueError,
               **given: Any) -> BadCall:
    return BadCall(f"RecurrentClassifier: {name}", lambda: RecurrentClassifier(**given), tuple,
                   error, words)


def captions(name: str, features: Any, words_read: Any, *words: str,
             error: type[Exception] = ValueError) -> BadCall:
    return BadCall(f"CaptioningRNN.loss: {name}",
                   lambda f, c: CaptioningRNN(VOCABULARY, 4, 5, 6).loss(f, c),
                   lambda: (features, words_read), error, words)


NETS = [
    classifier("an unknown cell", "cell_type", "'gru'", "'lstm'", cell_type="gru"),
    classifier("no units", "hidden_dim", ">= 1", hidden_dim=0),
    classifier("dropout 1", "dropout", "0 <= p < 1", dropout=1.0),
    classifier("an unknown granularity", "granularity", "'sequence'", granularity="word"),
    classifier("an integer dtype", "dtype", "floating", error=TypeError, dtype=int),
    *(BadCall(f"RecurrentClassifier.loss: X {name}", lambda X: RecurrentClassifier(8).loss(X),
              lambda X=X: (X,), ValueError, ("X", "(N, T, 8)"))
      for name, X in (("of images", np.ones((2, 64))), ("of no step", np.ones((2, 0, 8))),
                      ("of longer rows", np.ones((2, 8, 9))))),
    BadCall("CaptioningRNN: no <NULL>", lambda: CaptioningRNN({"cat": 0}), tuple, ValueError,
            ("word_to_idx", "'<NULL>'")),
    BadCall("CaptioningRNN: words in a list", lambda: CaptioningRNN(["cat"]), tuple, TypeError,
            ("word_to_idx", "dict")),
    BadCall("CaptioningRNN.sample: no <START>",
            lambda: CaptioningRNN({"<NULL>": 0, "cat": 1}, 4).sample(np.ones((2, 4))), tuple,
            ValueError, ("word_to_idx", "'<START>'")),
    captions("features of another length", np.ones((2, 3)), np.zeros((2, 3), int), "features",
             "(2, 3)", "(N, 4)"),
    captions("lengths that disagree", np.ones((2, 4)), np.zeros((3, 3), int), "captions", "(3, 3)",
             "(2, T)"),
    captions("captions of one word", np.ones((2, 4)), np.zeros((2, 1), int), "captions", "T >= 2"),
    captions("captions of floats", np.ones((2, 4)), np.zeros((2, 3)), "captions", "integers",
             error=TypeError),
    captions("a word beyond the vocabulary", np.ones((2, 4)), np.full((2, 3), 3), "captions",
             "from 3 to 3", "< 3"),
]
CASES = (*RECURRENT, *WORDS, *ATTENTION, *LOSSES, *NETS)
