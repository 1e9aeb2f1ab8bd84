"""Update rules: the published steps, the references' formulas, and nothing mutated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nets.elementwise import PART
from nets.optim import UPDATE_RULES, adam, rmsprop, sgd, sgd_momentum, updated

RULES = pytest.mark.parametrize("rule", UPDATE_RULES.values(), ids=UPDATE_RULES)
STATE = {"sgd": (), "sgd_momentum": ("velocity",), "rmsprop": ("cache",), "adam": ("m", "v")}


def ramp(start, stop):
    return np.linspace(start, stop, num=20).reshape(4, 5)


# The figures that the public FullyConnectedNets notebook expects, to 8 decimals.
PUBLISHED = {
    "sgd": (
        {"learning_rate": 1e-3},
        [[-0.3994, -0.34682105, -0.29424211, -0.24166316, -0.18908421],
         [-0.13650526, -0.08392632, -0.03134737, 0.02123158, 0.07381053],
         [0.12638947, 0.17896842, 0.23154737, 0.28412632, 0.33670526],
         [0.38928421, 0.44186316, 0.49444211, 0.54702105, 0.5996]],
        {},
    ),
    "sgd_momentum": (
        {"learning_rate": 1e-3, "velocity": ramp(0.6, 0.9)},
        [[0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789],
         [0.47454737, 0.54133684, 0.60812632, 0.67491579, 0.74170526],
         [0.80849474, 0.87528421, 0.94207368, 1.00886316, 1.07565263],
         [1.14244211, 1.20923158, 1.27602105, 1.34281053, 1.4096]],
        {"velocity":
         [[0.5406, 0.55475789, 0.56891579, 0.58307368, 0.59723158],
          [0.61138947, 0.62554737, 0.63970526, 0.65386316, 0.66802105],
          [0.68217895, 0.69633684, 0.71049474, 0.72465263, 0.73881053],
          [0.75296842, 0.76712632, 0.78128421, 0.79544211, 0.8096]]},
    ),
    "rmsprop": (
        {"learning_rate": 1e-2, "cache": ramp(0.6, 0.9)},
        [[-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247],
         [-0.132737, -0.08078555, -0.02881884, 0.02316247, 0.07515774],
         [0.12716641, 0.17918792, 0.23122175, 0.28326742, 0.33532447],
         [0.38739248, 0.43947102, 0.49155973, 0.54365823, 0.59576619]],
        {"cache":
         [[0.5976, 0.6126277, 0.6277108, 0.64284931, 0.65804321],
          [0.67329252, 0.68859723, 0.70395734, 0.71937285, 0.73484377],
          [0.75037008, 0.7659518, 0.78158892, 0.79728144, 0.81302936],
          [0.82883269, 0.84469141, 0.86060554, 0.87657507, 0.8926]]},
    ),
    "adam": (
        {"learning_rate": 1e-2, "m": ramp(0.6, 0.9), "v": ramp(0.7, 0.5), "t": 5},
        [[-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977],
         [-0.1380274, -0.08544591, -0.03286534, 0.01971428, 0.0722929],
         [0.1248705, 0.17744702, 0.23002243, 0.28259667, 0.33516969],
         [0.38774145, 0.44031188, 0.49288093, 0.54544852, 0.59801459]],
        {"v":
         [[0.69966, 0.68908382, 0.67851319, 0.66794809, 0.65738853],
          [0.64683452, 0.63628604, 0.6257431, 0.61520571, 0.60467385],
          [0.59414753, 0.58362676, 0.57311152, 0.56260183, 0.55209767],
          [0.54159906, 0.53110598, 0.52061845, 0.51013645, 0.49966]],
         "m":
         [[0.48, 0.49947368, 0.51894737, 0.53842105, 0.55789474],
          [0.57736842, 0.59684211, 0.61631579, 0.63578947, 0.65526316],
          [0.67473684, 0.69421053, 0.71368421, 0.73315789, 0.75263158],
          [0.77210526, 0.79157895, 0.81105263, 0.83052632, 0.85]]},
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_step_is_the_published_one_and_its_state_is_in_the_callers_config(name):
    config, expected_w, expected_state = PUBLISHED[name]
    config = dict(config)
    next_w, returned = UPDATE_RULES[name](ramp(-0.4, 0.6), ramp(-0.6, 0.4), config=config)
    np.testing.assert_allclose(next_w, expected_w, rtol=0, atol=6e-9)
    assert returned is config
    for key, expected in expected_state.items():
        np.testing.assert_allclose(config[key], expected, rtol=0, atol=6e-9)
    if name == "adam":
        assert config["t"] == 6


@RULES
def test_w_dw_and_the_arrays_in_config_are_not_mutated(rule):
    w, dw = ramp(-1, 1), ramp(1, 2)
    _, config = rule(w, dw)
    arrays = {key: value for key, value in config.items() if isinstance(value, np.ndarray)}
    for array in (w, dw, *arrays.values()):
        array.flags.writeable = False
    copies = {key: value.copy() for key, value in arrays.items()}
    next_w, _ = rule(w, dw, config)
    assert next_w is not w
    assert not np.shares_memory(next_w, w)
    for key, value in arrays.items():
        assert config[key] is not value
        np.testing.assert_array_equal(value, copies[key])


@RULES
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_of_w_is_kept_over_several_steps(rule, dtype):
    w, config = np.ones((2, 3), dtype), {"learning_rate": np.float64(1e-2)}
    for _ in range(3):
        w, config = rule(w, np.ones((2, 3)), config)
        assert w.dtype == dtype
    for key, value in config.items():
        assert not isinstance(value, np.ndarray) or value.dtype == dtype, key


@pytest.mark.parametrize("name", UPDATE_RULES)
def test_defaults_and_zero_state_are_written_into_a_fresh_config(name):
    _, config = UPDATE_RULES[name](np.ones(3), np.ones(3))
    assert config["learning_rate"] == (1e-3 if name == "adam" else 1e-2)
    assert set(STATE[name]) <= set(config)


@settings(deadline=None)
@given(
    dw=hnp.arrays(np.float64, (3,), elements=st.floats(-10, 10)),
    lr=st.floats(1e-4, 1.0),
    steps=st.integers(1, 5),
)
def test_momentum_zero_is_plain_gradient_descent(dw, lr, steps):
    w = v = np.ones(3)
    config = {"learning_rate": lr, "momentum": 0.0}
    for _ in range(steps):
        w, config = sgd_momentum(w, dw, config)
        v, _ = sgd(v, dw, {"learning_rate": lr})
    np.testing.assert_allclose(w, v, atol=1e-12)


@settings(deadline=None)
@given(scale=st.floats(1e-3, 1e3), sign=st.sampled_from([-1.0, 1.0]))
def test_adams_first_step_is_the_learning_rate_whatever_the_gradients_scale(scale, sign):
    next_w, _ = adam(np.zeros(2), np.full(2, sign * scale), {"learning_rate": 0.1})
    np.testing.assert_allclose(next_w, -sign * 0.1, rtol=1e-4)


@settings(deadline=None)
@given(scale=st.floats(1e-2, 1e3))
def test_rmsprops_first_step_is_independent_of_the_gradients_scale(scale):
    next_w, _ = rmsprop(np.zeros(2), np.full(2, scale), {"learning_rate": 0.1})
    np.testing.assert_allclose(next_w, -0.1 / np.sqrt(0.01), rtol=1e-4)


@RULES
def test_a_quadratic_is_minimised(rule):
    w, config = np.array([3.0, -2.0]), {"learning_rate": 2e-2}
    for _ in range(600):
        w, config = rule(w, 2 * (w - 1.0), config)
    np.testing.assert_allclose(w, 1.0, atol=0.05)


@RULES
def test_state_that_the_config_alone_holds_is_written_over_and_gives_the_same_bits(rule):
    w, kept, config, others = ramp(-1, 1), ramp(-1, 1), {}, {}
    for step in range(4):
        w, config = rule(w, ramp(step, 2), config)
        kept, others = rule(kept, ramp(step, 2), others)
        held = dict(others)  # whoever holds the state keeps it as it is
        addresses = {key: value.ctypes.data for key, value in config.items()
                     if isinstance(value, np.ndarray)}
    before = {key: np.copy(value) for key, value in held.items()}
    w, config = rule(w, ramp(0, 1), config)
    kept, others = rule(kept, ramp(0, 1), others)
    assert w.tobytes() == kept.tobytes()
    assert all(config[key].ctypes.data == place for key, place in addresses.items())
    assert all(np.array_equal(held[key], value) for key, value in before.items())


@RULES
def test_a_parameter_of_no_axes_is_updated_as_one_of_one_axis(rule):
    w, config, row, other = np.array(0.5), {}, np.array([0.5]), {}
    for _ in range(3):
        w, config = rule(w, np.array(2.0), config)
        row, other = rule(row, np.array([2.0]), other)
    assert w == row[0]


@RULES
@pytest.mark.parametrize(("dtype", "of_gradient"), [
    (np.float32, np.float32), (np.float64, np.float64), (np.float32, np.float64),
    (np.float64, np.float32), (np.float16, np.float32)])
def test_a_gradient_that_nobody_else_holds_gives_its_memory_and_the_same_bits(
        rule, dtype, of_gradient):
    w, kept, config, other = ramp(-1, 1).astype(dtype), ramp(-1, 1).astype(dtype), {}, {}
    for step in range(3):
        dw = ramp(step, 2).astype(of_gradient)
        w, config = updated(rule, w, {"w": dw.copy()}, "w", config)
        kept, other = rule(kept, dw, other)
    assert w.dtype == dtype
    assert w.tobytes() == kept.tobytes()


@RULES
def test_a_parameter_of_several_parts_is_updated_as_each_part_alone(rule):
    rng = np.random.default_rng(0)
    w, dws = rng.standard_normal((3, PART // 2)), rng.standard_normal((3, 3, PART // 2))
    rows, config, configs = list(w), {}, [{}, {}, {}]
    for dw in dws:
        w, config = rule(w, dw, config)
        for i in range(3):
            rows[i], configs[i] = rule(rows[i], dw[i], configs[i])
    assert w.tobytes() == np.stack(rows).tobytes()


@RULES
@pytest.mark.parametrize("hold", [
    lambda dw: dw, lambda dw: dw[1:], lambda dw: {"model": dw}, memoryview],
    ids=["name", "view", "dict", "buffer"])
def test_a_gradient_that_others_see_is_left_alone(rule, hold):
    grads = {"w": ramp(0, 2).copy()}
    seen = hold(grads["w"])
    before = np.array(seen["model"] if isinstance(seen, dict) else seen)
    updated(rule, ramp(-1, 1), grads, "w", {})
    assert not grads
    assert np.array_equal(seen["model"] if isinstance(seen, dict) else seen, before)


def test_a_gradient_that_is_a_view_or_read_only_is_left_alone():
    whole = ramp(0, 2).copy()
    frozen = ramp(0, 2).copy()
    frozen.flags.writeable = False
    address, stored = frozen.ctypes.data, frozen.tobytes()
    for dw in (whole.reshape(whole.shape), frozen):
        next_w, _ = updated(sgd, ramp(-1, 1), {"w": dw}, "w", {})
        assert next_w.ctypes.data not in (whole.ctypes.data, address)
    assert np.array_equal(whole, ramp(0, 2))
    assert frozen.tobytes() == stored
