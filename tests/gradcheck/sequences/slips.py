"""Slips of one edit in right layers, and the arguments at which each is checked."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Slip:
    """A right text, what stands in it instead, the layer's arguments, and the codes it is told."""

    layer: str
    name: str
    file: str
    before: str
    after: str
    args: tuple[Any, ...]
    codes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.layer}-{self.name}"

    def module(self, folder: Path) -> ModuleType:
        """Return the module with the slip in it, from a file."""
        text = (Path(__file__).parent / f"{self.file}.py").read_text()
        start = max(text.find(f"def {self.layer}_step_backward"), 0) or text.index(
            f"def {self.layer}_backward")
        assert self.before in text[start:]
        path = folder / "slip.py"
        path.write_text(text[:start] + text[start:].replace(self.before, self.after, 1))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def line(self, folder: Path) -> int:
        """Return the first line that the slip changed."""
        right = (Path(__file__).parent / f"{self.file}.py").read_text().splitlines()
        wrong = (folder / "slip.py").read_text().splitlines()
        return next(i for i, (a, b) in enumerate(zip(right, wrong, strict=False), 1) if a != b)


def randn(*shape: int) -> np.ndarray:
    return np.random.default_rng(list(shape)).standard_normal(shape)


RNN = (randn(2, 4, 3), randn(2, 5), randn(3, 5), randn(5, 5) / 2, randn(5))
STEP = (randn(3, 4), randn(3, 5), randn(4, 5), randn(5, 5), randn(5))
LSTM = (randn(2, 3, 4), randn(2, 5), randn(4, 20), randn(5, 20), randn(20))
QKV = (randn(2, 3, 4), randn(2, 5, 4), randn(2, 5, 6))
HEADS = (randn(2, 3, 4), *(weights * randn(4, 4) for weights in (0.5, 0.7, 0.9, 1.1)))
WORDS = (np.array([[0, 3, 1], [3, 3, 2]]), randn(6, 4))
AFFINE = (randn(2, 3, 4), randn(4, 5), randn(5))
LABELS = (randn(2, 3, 5), np.array([[0, 3, 1], [4, 2, 2]]),
          np.array([[True, True, False], [True, False, True]]))
CONV = (randn(2, 2, 4, 5), randn(3, 2, 3, 2), randn(3), 1, 1)
POOL = (randn(2, 2, 4, 5), 3, 1)
BATCHNORM = (randn(2, 3, 4, 5), randn(3), randn(3))
GROUPS = (randn(2, 6, 3, 4), randn(1, 6, 1, 1), randn(1, 6, 1, 1), 3)

ROWS = (
    ("recurrent", "rnn", RNN, (
        ("step_without_tanh", "dnext_h * (1 - next_h**2)", "dnext_h"),
        ("step_tanh_not_squared", "(1 - next_h**2)\n", "(1 - next_h)\n"),
        ("step_dprev_through_wx", "dprev_h = da.dot(Wh.T)", "dprev_h = da.dot(Wh)"),
        ("step_dWh_of_next_h", "dWh = prev_h.T.dot", "dWh = next_h.T.dot"),
        ("no_carry", "dnext_h = dh[:, t] + dprev_h", "dnext_h = dh[:, t]",
         "samples-ignored", "unexplained"),
        ("db_of_last_step", "db += db_t", "db = db_t"),
        ("forward_in_time", "reversed(range(T))", "range(T)"),
        ("stops_before_first", "reversed(range(T))", "reversed(range(1, T))"),
    )),
    ("recurrent", "rnn_step", STEP, (
        ("no_tanh", "dnext_h * (1 - next_h**2)", "dnext_h"),
        ("db_axis", "db = da.sum(axis=0)", "db = dnext_h.sum(axis=0)"),
    )),
    ("recurrent", "inline_rnn", RNN, (
        ("wrong_state", "(1 - h[:, t + 1] ** 2)", "(1 - h[:, t] ** 2)"),
        ("dWh_of_next", "dWh += h[:, t].T", "dWh += h[:, t + 1].T"),
        ("no_carry", "(dh[:, t] + dprev)", "dh[:, t]",
         "samples-ignored", "unexplained"),
        ("dWx_assigned", "dWx += x[:, t].T", "dWx = x[:, t].T"),
        ("carry_subtracted", "(dh[:, t] + dprev)", "(dh[:, t] - dprev)"),
    )),
    ("recurrent", "lstm", LSTM, (
        ("dc_zeroed", "dnext_h, dprev_c, caches[t])", "dnext_h, np.zeros((N, H)), caches[t])"),
        ("no_tanh_of_c", " * o * (1 - tanh_c**2)", " * o"),
        ("no_sigmoid_of_forget", "daf = df * f * (1 - f)", "daf = df"),
        ("no_sigmoid_of_output", "dao = do * o * (1 - o)", "dao = do"),
        ("g_not_squared", "(1 - g**2)", "(1 - g)"),
        ("dWh_of_wrong_state", "dWh = prev_h.T.dot(da)", "dWh = prev_c.T.dot(da)"),
        ("db_of_last_step", "db += db_t", "db = db_t"),
        ("no_carry_of_h", "dnext_h = dh[:, t] + dprev_h", "dnext_h = dh[:, t]"),
        ("gates_exchanged", "(dai, daf, dao, dag)", "(dai, dao, daf, dag)"),
        ("dprev_c_by_i", "dprev_c = dc * f", "dprev_c = dc * i"),
        ("df_of_next_c", "df = dc * prev_c", "df = dc * next_c"),
    )),
    ("lookups", "attention", QKV, (
        ("softmax_without_sum", "w * (dw - (dw * w).sum(axis=-1, keepdims=True))", "w * dw"),
        ("softmax_diagonal", "w * (dw - (dw * w).sum(axis=-1, keepdims=True))",
         "w * (1 - w) * dw"),
        ("sum_over_queries", ".sum(axis=-1", ".sum(axis=1"),
        ("scale_missing", "dq = ds @ k * scale", "dq = ds @ k",
         "scaled"),
        ("scale_of_keys", "1 / np.sqrt(q.shape[-1])", "1 / np.sqrt(k.shape[1])",
         "scaled"),
    )),
    ("lookups", "heads", HEADS, (
        ("no_transpose_of_v", "dv = dv.transpose(0, 2, 1, 3).reshape", "dv = dv.reshape"),
        ("value_left_out_of_dx", " + dv @ Wv.T", ""),
        ("scale_of_all", "/ np.sqrt(D // n)\n    dq", "/ np.sqrt(D)\n    dq",
         "scaled", "unexplained"),
    )),
    ("lookups", "word_embedding", WORDS, (
        ("assigned", "np.add.at(dW, x, dout)", "dW[x] = dout",
         "overlap-overwritten"),
        ("buffered", "np.add.at(dW, x, dout)", "dW[x] += dout",
         "overlap-overwritten"),
    )),
    ("lookups", "temporal_affine", AFFINE, (
        ("db_of_a_step", "db = flat.sum(axis=0)", "db = dout[:, -1].sum(axis=0)",
         "samples-ignored"),
        ("dw_of_a_step", "dw = x.reshape(N * T, D).T @ flat", "dw = x[:, -1].T @ dout[:, -1]",
         "samples-ignored"),
    )),
    ("lookups", "temporal_softmax", LABELS, (
        ("no_mask", "    dx *= chosen[:, None]\n", "",
         "mask-not-applied"),
        ("by_all_steps", "dx /= N", "dx /= N * T",
         "scaled"),
        ("label_not_subtracted", "    dx[np.arange(N * T), labels] -= 1\n", "",
         "label-term-missing"),
    )),
    ("images", "conv", CONV, (
        ("overwritten", "s:s + S] += w[f]", "s:s + S] = w[f]",
         "overlap-overwritten"),
        ("stride_forgotten", "dxp[:, :, pad:pad + H, pad:pad + W]", "dxp[:, :, :H, :W]",
         "padding-crop"),
        ("db_of_a_row", "axis=(0, 2, 3))", "axis=(0, 2))[:, 0]",
         "samples-ignored"),
        ("one_filter_only", "for f in range(F)", "for f in range(F - 1)",
         "samples-ignored"),
    )),
    ("images", "max_pool", POOL, (
        ("overwritten", "s + b] += dout", "s + b] = dout",
         "overlap-overwritten"),
        ("argmin", "argmax", "argmin",
         "pool-misrouted"),
    )),
    ("images", "spatial_batchnorm", BATCHNORM, (
        ("m_of_the_batch", "m = d.shape[0]", "m = N"),
        ("std_constant", " - xhat * (dxhat * xhat).sum(axis=0)", "",
         "variance-constant"),
        ("std_of_variance", "dx = dx / np.sqrt(var + 1e-5)", "dx = dx / (var + 1e-5)",
         "divided-by-std-twice"),
    )),
    ("images", "groupnorm", GROUPS, (
        ("m_of_channels", "m = rows.shape[1]", "m = C",
         "variance-term-scaled"),
        ("no_mean_term", "dxhat - dxhat.mean(axis=1, keepdims=True)", "dxhat",
         "mean-constant"),
        ("gamma_forgotten", "(dout * gamma).reshape", "dout.reshape",
         "gamma-missing"),
    )),
)
SLIPS = tuple(Slip(layer, name, file, before, after, args, tuple(codes) or ("unexplained",))
              for file, layer, args, slips in ROWS for name, before, after, *codes in slips)
