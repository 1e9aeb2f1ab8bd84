"""Laws of attention, in one head and in several, and a loop that says what it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import layers as L
from tests.layers.layer_laws import Layer, every_law, law, seeds

attend = L.scaled_dot_product_attention_forward
attend_backward = L.scaled_dot_product_attention_backward
DROP = {"p": 0.4, "mode": "train", "seed": 3}
MASK = np.tri(4, 6, 1, dtype=bool)


def qkv(rng, lead=(2, 3), queries=4, keys=6, E=5, M=3):
    return tuple(rng.normal(size=(*lead, *shape)) for shape in (
        (queries, E), (keys, E), (keys, M)))


def projections(rng, D=5, E=6, M=4):
    weights = (*(rng.normal(size=(D, E)) for _ in range(3)), rng.normal(size=(E, M)))
    return (*weights, *(rng.normal(size=E) for _ in range(3)), rng.normal(size=M))


def of_inputs(forward, backward, make, *fixed, name):
    """A layer of what `make` draws; what is fixed has no gradient."""
    def call(*args):
        return forward(*args, *fixed)

    def back(dout, cache):
        return backward(dout, cache)

    back.__name__ = name
    return Layer(call, back, make)


def heads(rng):
    return (*(rng.normal(size=(2, T, 5)) for T in (4, 6, 6)), *projections(rng))


ONE = [of_inputs(attend, attend_backward, qkv, *fixed, name=name) for name, *fixed in (
    ("attention",), ("masked_attention", MASK), ("dropped_attention", MASK, DROP))]
SEVERAL = [of_inputs(L.multi_head_attention_forward, L.multi_head_attention_backward, heads, 2,
                     *fixed, name=name) for name, *fixed in (
    ("multi_head",), ("masked_multi_head", MASK), ("dropped_multi_head", MASK, DROP))]


@every_law(*ONE, *SEVERAL)
def test_attention_obeys_the_common_law(layer, assert_law):
    assert_law(layer)


def loop(query, key, value, mask):
    """Attention of one sample, a query at a time."""
    out = np.zeros((len(query), value.shape[1]))
    for t, q in enumerate(query):
        seen = [(np.exp(q @ k / np.sqrt(len(q))), v)
                for k, v, sees in zip(key, value, mask[t], strict=True) if sees]
        for weight, v in seen:
            out[t] += weight * v / sum(w for w, _ in seen)
    return out


@law
@given(seeds, st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3))
def test_attention_is_the_loop_that_defines_it(seed, queries, keys, E, M):
    rng = np.random.default_rng(seed)
    q, k, v = qkv(rng, (), queries, keys, E, M)
    mask = rng.random((queries, keys)) < 0.6
    np.testing.assert_allclose(attend(q, k, v, mask)[0], loop(q, k, v, mask), atol=1e-12)


@law
@given(seeds)
def test_the_order_of_the_keys_does_not_matter_and_that_of_the_queries_is_kept(seed):
    rng = np.random.default_rng(seed)
    q, k, v = qkv(rng)
    out, _ = attend(q, k, v)
    keys, queries = rng.permutation(6), rng.permutation(4)
    np.testing.assert_allclose(attend(q, k[..., keys, :], v[..., keys, :])[0], out, atol=1e-13)
    np.testing.assert_array_equal(attend(q[..., queries, :], k, v)[0], out[..., queries, :])
    assert (out <= v.max(axis=-2, keepdims=True) + 1e-12).all()


def test_a_query_that_may_look_at_nothing_gets_zeros_and_no_gradient():
    q, k, v = qkv(np.random.default_rng(0))
    mask = MASK.copy()
    mask[2] = False
    out, cache = attend(q, k, v, mask)
    assert not out[..., 2, :].any()
    dq, dk, dv = attend_backward(np.ones_like(out), cache)
    assert not dq[..., 2, :].any()
    assert all(np.isfinite(d).all() for d in (dq, dk, dv))


def test_what_the_mask_hides_gets_no_gradient():
    q, k, v = qkv(np.random.default_rng(0))
    mask = np.arange(6) != 5
    out, cache = attend(q, k, v, mask)
    _, dk, dv = attend_backward(out, cache)
    assert not dk[..., 5, :].any()
    assert not dv[..., 5, :].any()
    np.testing.assert_allclose(out, attend(q, k[..., :5, :], v[..., :5, :])[0], atol=1e-14)


def test_large_scores_do_not_overflow():
    q, k, v = (1e4 * a for a in qkv(np.random.default_rng(0)))
    out, cache = attend(q, k, v)
    assert np.isfinite(out).all()
    assert all(np.isfinite(d).all() for d in attend_backward(out, cache))


def test_dropout_drops_whole_weights_and_keeps_the_mean():
    q, k = np.zeros((2000, 1, 4)), np.zeros((2000, 5, 4))
    out, _ = attend(q, k, np.broadcast_to(np.eye(5), (2000, 5, 5)).copy(), None, DROP)
    assert set(np.unique(out.round(12))) == {0.0, round(0.2 / 0.6, 12)}
    # 10000 weights of standard deviation 0.2 * sqrt(0.4 / 0.6): five of their mean's.
    assert abs(out.mean() - 0.2) < 5 * 0.2 * np.sqrt(0.4 / 0.6) / 100
    assert (attend(q, k, np.ones((2000, 5, 1)), None, {**DROP, "mode": "test"})[0] == 1).all()


def test_several_heads_are_single_ones_beside_each_other():
    rng = np.random.default_rng(0)
    query, key, value, *weights = heads(rng)
    Wq, Wk, Wv, Wo, bq, bk, bv, bo = weights
    out, _ = L.multi_head_attention_forward(query, key, value, *weights, 3, MASK)
    joined = [attend(query @ Wq[:, at] + bq[at], key @ Wk[:, at] + bk[at],
                     value @ Wv[:, at] + bv[at], MASK)[0] for at in (
        slice(0, 2), slice(2, 4), slice(4, 6))]
    np.testing.assert_allclose(out, np.concatenate(joined, axis=-1) @ Wo + bo, atol=1e-12)


def test_against_torch_where_it_is_installed():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, *_ = (rng.normal(size=(2, 4, 6)).astype(np.float32),)
    weights = [a.astype(np.float32) for a in projections(rng, 6, 6, 6)]
    Wq, Wk, Wv, Wo, bq, bk, bv, bo = weights
    net = torch.nn.MultiheadAttention(6, 2, batch_first=True)
    net.load_state_dict({"in_proj_weight": torch.tensor(np.concatenate([Wq, Wk, Wv], axis=1).T),
                         "in_proj_bias": torch.tensor(np.concatenate([bq, bk, bv])),
                         "out_proj.weight": torch.tensor(Wo.T), "out_proj.bias": torch.tensor(bo)})
    tx, mask = torch.tensor(x, requires_grad=True), np.tri(4, dtype=bool)
    theirs, _ = net(tx, tx, tx, attn_mask=torch.tensor(~mask))
    out, cache = L.multi_head_attention_forward(x, x, x, *weights, 2, mask)
    np.testing.assert_allclose(out, theirs.detach(), atol=1e-5)
    theirs.backward(torch.ones_like(theirs))
    dx = sum(L.multi_head_attention_backward(np.ones_like(out), cache)[:3])
    np.testing.assert_allclose(dx, tx.grad, atol=1e-4)
