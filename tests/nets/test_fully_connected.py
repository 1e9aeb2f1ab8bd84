"""Fully-connected nets: the published figures, exact gradients, masks, modes and purity."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import eval_numerical_gradient
from nets import FullyConnectedNet, TwoLayerNet

# The figures that the public FullyConnectedNets and BatchNormalization notebooks print.
PUBLISHED_LOSSES = {
    None: [2.3004790897684924, 7.052114776533016],
    "batchnorm": [2.2611955101340957, 6.996533220108303],
}
NORMALIZATIONS = [None, "batchnorm", "layernorm"]


def problem(N=5, D=6, C=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, D)), rng.integers(C, size=N)


def build(**kwargs):
    options = {"input_dim": 6, "num_classes": 4, "weight_scale": 0.3, "dtype": np.float64,
               "rng": np.random.default_rng(1)}
    return FullyConnectedNet(kwargs.pop("hidden_dims", [7, 8]), **{**options, **kwargs})


@pytest.mark.parametrize("normalization", PUBLISHED_LOSSES)
def test_the_initial_losses_are_those_of_the_public_notebooks(normalization):
    np.random.seed(231)
    N, D, H1, H2, C = 2, 15, 20, 30, 10
    X = np.random.randn(N, D)
    y = np.random.randint(C, size=(N,))
    losses = [
        FullyConnectedNet([H1, H2], input_dim=D, num_classes=C, reg=reg, weight_scale=5e-2,
                          dtype=np.float64, normalization=normalization).loss(X, y)[0]
        for reg in [0, 3.14]
    ]
    np.testing.assert_allclose(losses, PUBLISHED_LOSSES[normalization], rtol=0, atol=1e-10)


@pytest.mark.parametrize("none", [{"dropout": 0}, {"dropout_keep_ratio": 1}])
def test_without_dropout_the_public_dropout_notebooks_first_loss_comes_out(none):
    np.random.seed(231)
    X, y = np.random.randn(2, 15), np.random.randint(10, size=(2,))
    net = FullyConnectedNet([20, 30], input_dim=15, num_classes=10, weight_scale=5e-2,
                            dtype=np.float64, seed=123, **none)
    assert net.loss(X, y)[0] == pytest.approx(2.3004790897684924, abs=1e-10)
    assert not net.use_dropout


def test_the_two_layer_nets_published_scores_and_losses():
    N, D, H, C = 3, 5, 50, 7
    net = TwoLayerNet(input_dim=D, hidden_dim=H, num_classes=C, weight_scale=1e-3)
    net.params["W1"] = np.linspace(-0.7, 0.3, num=D * H).reshape(D, H)
    net.params["b1"] = np.linspace(-0.1, 0.9, num=H)
    net.params["W2"] = np.linspace(-0.3, 0.4, num=H * C).reshape(H, C)
    net.params["b2"] = np.linspace(-0.9, 0.1, num=C)
    X = np.linspace(-5.5, 4.5, num=N * D).reshape(D, N).T
    published = [
        [11.53165108, 12.2917344, 13.05181771, 13.81190102, 14.57198434, 15.33206765, 16.09215096],
        [12.05769098, 12.74614105, 13.43459113, 14.1230412, 14.81149128, 15.49994135, 16.18839143],
        [12.58373087, 13.20054771, 13.81736455, 14.43418138, 15.05099822, 15.66781506, 16.2846319],
    ]
    assert np.abs(net.loss(X) - published).sum() < 1e-6
    y = np.array([0, 5, 1])
    assert net.loss(X, y)[0] == pytest.approx(3.4702243556, abs=1e-10)
    net.reg = 1.0
    assert net.loss(X, y)[0] == pytest.approx(26.5948426952, abs=1e-10)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("dropout", [{}, {"dropout": 0.4}, {"dropout": 0.3, "input_dropout": 0.2},
                                     {"input_dropout": 0.5}, {"dropout_keep_ratio": 0.75},
                                     {"dropout": 0.4, "input_dropout": 0.2, "noise": "gaussian"},
                                     {"dropout": 0.4, "input_dropout": 0.2, "noise": "dropconnect"},
                                     ], ids=str)
@pytest.mark.parametrize("reg", [0.0, 0.7])
def test_every_gradient_is_the_losss(normalization, dropout, reg):
    X, y = problem()
    net = build(hidden_dims=[4, 5], normalization=normalization, reg=reg, seed=3, **dropout)
    for value in net.params.values():  # away from the zeros of a fresh net
        value += 0.1 * np.random.default_rng(2).normal(size=value.shape)
    _, grads = net.loss(X, y)
    assert grads.keys() == net.params.keys()
    assert all(grads[f"W{i}"].any() for i in (1, 2, 3)), "the masks leave something to compare"
    for name, dw in grads.items():
        numeric = eval_numerical_gradient(lambda _: net.loss(X, y)[0], net.params[name], False)
        # b before batchnorm has no effect: both sides are rounding errors of 0
        np.testing.assert_allclose(dw, numeric, rtol=1e-5, atol=1e-8, err_msg=name)


@settings(max_examples=25, deadline=None)
@given(
    hidden=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    N=st.integers(2, 6),
    p=st.sampled_from([0.0, 0.3, 0.8]),
    normalization=st.sampled_from(NORMALIZATIONS),
    seed=st.integers(0, 99),
)
def test_a_directional_derivative_is_the_gradients_inner_product(hidden, N, p, normalization, seed):
    X, y = problem(N=N, seed=seed)
    net = build(hidden_dims=hidden, dropout=p, normalization=normalization, reg=0.1, seed=seed)
    rng = np.random.default_rng(seed)
    start = {k: v + 0.3 * rng.normal(size=v.shape) for k, v in net.params.items()}
    way = {k: rng.normal(size=v.shape) for k, v in start.items()}

    def loss_at(t):
        net.params = {k: start[k] + t * way[k] for k in start}
        return net.loss(X, y)

    _, grads = loss_at(0.0)
    slope = sum(np.vdot(grads[k], way[k]) for k in way)
    one_sided = [(loss_at(h)[0] - loss_at(0.0)[0]) / h for h in (1e-7, -1e-7)]
    tolerance = 1e-4 * (1 + abs(slope))
    # at a kink of relu the slope lies between the one-sided ones
    assert min(one_sided) - tolerance <= slope <= max(one_sided) + tolerance


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_l2_adds_half_reg_times_the_squares_of_all_weights_and_of_nothing_else(normalization):
    X, y = problem()
    net = build(normalization=normalization)
    for value in net.params.values():
        value += 0.5
    plain, plain_grads = net.loss(X, y)
    net.reg = 3.0
    loss, grads = net.loss(X, y)
    weights = [value for name, value in net.params.items() if name.startswith("W")]
    assert len(weights) == 3
    assert loss - plain == pytest.approx(1.5 * sum((w**2).sum() for w in weights))
    for name, w in net.params.items():
        extra = 3.0 * w if name.startswith("W") else 0.0
        np.testing.assert_allclose(grads[name] - plain_grads[name], extra, atol=1e-12)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_loss_mutates_neither_x_nor_y_nor_the_parameters(normalization):
    X, y = problem()
    net = build(normalization=normalization, dropout=0.5, input_dropout=0.2, reg=0.1)
    for array in (X, y, *net.params.values()):
        array.flags.writeable = False
    before = {name: value.copy() for name, value in net.params.items()}
    for _ in range(2):
        net.loss(X, y)
        net.loss(X)
    for name, value in before.items():
        np.testing.assert_array_equal(net.params[name], value)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_scores_and_gradients_have_the_nets_dtype_whatever_xs(dtype, normalization):
    X, y = problem()
    net = build(dtype=dtype, normalization=normalization, dropout=0.5, reg=0.1)
    for samples in (X, X.astype(np.float32), np.arange(30).reshape(5, 6) % 4):
        loss, grads = net.loss(samples, y)
        assert net.loss(samples).dtype == dtype
        assert np.isfinite(loss)
        assert {grad.dtype for grad in grads.values()} == {np.dtype(dtype)}
    assert {value.dtype for value in net.params.values()} == {np.dtype(dtype)}


def test_samples_may_have_several_axes():
    X, y = problem(D=6)
    net = build()
    np.testing.assert_array_equal(net.loss(X), net.loss(X.reshape(5, 1, 2, 3)))
    assert net.loss(X.reshape(5, 3, 2), y)[0] == net.loss(X, y)[0]


def test_no_samples_give_no_scores():
    assert build().loss(np.empty((0, 6))).shape == (0, 4)


def test_batchnorm_really_uses_the_running_statistics_when_there_are_no_labels():
    X, y = problem(N=50)
    net = build(use_batchnorm=True)
    for _ in range(100):
        net.loss(X, y)
    alone = np.vstack([net.loss(X[i : i + 1]) for i in range(50)])
    np.testing.assert_allclose(alone, net.loss(X), atol=1e-12)
    assert [param["mode"] for param in net.bn_params] == ["test", "test"]
    net.loss(X, y)
    assert [param["mode"] for param in net.bn_params] == ["train", "train"]


def test_scores_leave_the_running_statistics_alone_and_training_moves_them():
    X, y = problem(N=50)
    net = build(use_batchnorm=True)
    net.loss(X, y)
    before = [param["running_mean"].copy() for param in net.bn_params]
    net.loss(X)
    for param, mean in zip(net.bn_params, before, strict=True):
        np.testing.assert_array_equal(param["running_mean"], mean)
    net.loss(X + 1, y)
    assert all((p["running_mean"] != m).any() for p, m in zip(net.bn_params, before, strict=True))


def test_a_seed_fixes_the_loss_and_its_absence_does_not():
    X, y = problem()
    fixed = build(dropout=0.5, seed=0)
    assert len({fixed.loss(X, y)[0] for _ in range(5)}) == 1
    free = build(dropout=0.5)
    assert len({free.loss(X, y)[0] for _ in range(5)}) == 5


def masks_of(net, X):
    """The masks of all dropout layers in one training forward, found in the tape."""
    net.dropout_param["mode"] = "train"
    return [step.cache[1] for step in net.forward(X)[1] if step.backward.__name__ ==
            "dropout_backward"]


def test_a_seed_gives_every_layer_a_mask_of_its_own():
    X = np.ones((40, 30))
    net = build(hidden_dims=[30, 30, 30], input_dim=30, dropout=0.5, input_dropout=0.5, seed=5)
    masks = masks_of(net, X)
    assert len(masks) == 4
    for i, mask in enumerate(masks):
        for other in masks[:i]:
            assert abs((mask == other).mean() - 0.5) < 5 * 0.5 / np.sqrt(mask.size)


def test_the_drop_probability_reaches_the_right_layers():
    X = np.ones((200, 100))
    net = build(hidden_dims=[100, 100], input_dim=100, dropout=0.5, input_dropout=0.2, seed=0)
    for mask, keep in zip(masks_of(net, X), [0.8, 0.5, 0.5], strict=True):
        assert abs(mask.mean() - keep) < 5 * np.sqrt(keep * (1 - keep) / mask.size)
    keep_net = build(hidden_dims=[100], input_dim=100, dropout_keep_ratio=0.9, seed=0)
    [mask] = masks_of(keep_net, X)
    assert abs(mask.mean() - 0.9) < 5 * np.sqrt(0.09 / mask.size)
    assert keep_net.dropout_param["p"] == pytest.approx(0.1)


def test_dropconnect_drops_weights_by_the_input_probability_in_the_first_layer():
    net = build(hidden_dims=[100], input_dim=100, num_classes=100, dropout=0.5, input_dropout=0.2,
                noise="dropconnect", seed=0)
    masks = [step.cache[1][1] for step in net.forward(np.ones((2, 100)))[1]
             if step.backward.__name__ == "dropconnect_affine_backward"]
    for mask, keep in zip(masks, [0.8, 0.5], strict=True):
        assert mask.shape == (100, 100)
        assert abs(mask.mean() - keep) < 5 * np.sqrt(keep * (1 - keep) / mask.size)


def test_gaussian_noise_has_mean_1_and_the_variance_of_dropout():
    net = build(hidden_dims=[5], input_dim=100, input_dropout=0.2, noise="gaussian", seed=0)
    step = net.forward(np.ones((500, 100)))[1][0]
    dx = step.backward(np.ones((500, 100)), step.cache)  # the noise itself
    assert abs(dx.mean() - 1) < 5 * np.sqrt(0.25 / dx.size)
    assert abs(dx.var() - 0.25) < 0.01


@pytest.mark.parametrize("noise", ["dropout", "gaussian", "dropconnect"])
def test_no_noise_reaches_the_scores(noise):
    X, _ = problem()
    net = build(dropout=0.9, input_dropout=0.9, noise=noise)
    plain = build()
    plain.params = net.params
    np.testing.assert_array_equal(net.loss(X), plain.loss(X))


def test_an_rng_governs_weights_and_masks_and_leaves_the_global_generator_alone():
    X, y = problem()
    before = np.random.get_state()[1].copy()
    losses = [
        [net.loss(X, y)[0] for _ in range(3)]
        for net in (build(dropout=0.5, rng=np.random.default_rng(9)) for _ in range(2))
    ]
    assert losses[0] == losses[1]
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_np_random_seed_governs_a_net_without_rng():
    X, y = problem()

    def losses():
        np.random.seed(3)
        net = build(dropout=0.5, rng=None)
        return [net.loss(X, y)[0] for _ in range(3)]

    assert losses() == losses()


def test_a_randomstate_draws_the_weights_that_the_global_generator_would():
    np.random.seed(4)
    by_global = build(rng=None).params
    by_state = build(rng=np.random.RandomState(4)).params
    for name, value in by_global.items():
        np.testing.assert_array_equal(by_state[name], value)


def test_the_attributes_of_cs231ns_class_are_there():
    net = build(hidden_dims=[7, 8, 9], dropout=0.5, use_batchnorm=True, seed=1)
    assert net.num_layers == 4
    assert net.use_dropout
    assert net.use_batchnorm
    assert net.normalization == "batchnorm"
    assert net.dropout_param == {"mode": "train", "p": 0.5, "seed": 1}
    assert net.bn_params == [{"mode": "train"}] * 3
    assert build().dropout_param == {}
    assert build().bn_params == []


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_computes_the_same_and_shares_nothing(clone):
    X, y = problem()
    net = build(dropout=0.5, seed=1, normalization="batchnorm")
    twin = clone(net)
    assert twin.loss(X, y)[0] == net.loss(X, y)[0]
    twin.params["W1"][:] = 0
    assert net.params["W1"].any()


@pytest.mark.parametrize("name", ["W1", "b2", "gamma1", "beta2", "W3"])
def test_nan_in_a_parameter_is_refused_by_its_name(name):
    X, y = problem()
    net = build(normalization="batchnorm")
    net.params[name].flat[-1] = np.nan
    for labels in (None, y):
        with pytest.raises(ValueError, match=f"{name}: got NaN"):
            net.loss(X, labels)
