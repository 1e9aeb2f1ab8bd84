"""A gradient that is a constant times the right one."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f16, f32, randn
from tests.gradcheck.findings.forwards import course, windows
from tests.gradcheck.findings.forwards import normalization as norm
from tests.gradcheck.findings.forwards.affine import (
    affine,
    affine_args,
    bias,
    scores,
    weights_first,
)
from tests.gradcheck.findings.forwards.dropout import (
    block_dropout,
    dropconnect,
    dropout,
    keep_dropout,
    spatial_dropout,
    train,
    unscaled_dropout,
    vanilla_dropout_at_test_time,
)
from tests.gradcheck.findings.forwards.elementwise import hard_sigmoid, tanh
from tests.gradcheck.findings.forwards.losses import cross_entropy, labels, one_hot, squared_error

CASES = Cases("scaled")

CASES.wrong("square_without_two", lambda x: (x**2, x), lambda dout, x: dout * x, randn(5, 6),
            more=[(randn(3, 4, dtype=f16),)], factor=0.5, factor_name="1/2")


CASES.wrong("square_root_without_half", lambda x: (np.sqrt(x), np.sqrt(x)),
            lambda dout, out: dout / out, 1 + randn(4, 6) ** 2, factor=2, factor_name="2")
CASES.wrong("large_inputs_times_nine", lambda x: (3 * x, None), lambda dout, cache: 27 * dout,
            1e6 * randn(9, 11, dtype=f32), factor=9)


CASES.wrong("temperature_not_divided", lambda x, temperature: (np.tanh(x / temperature),) * 2,
            lambda dout, out: dout * (1 - out**2), randn(4, 5), 2.5, factor=2.5,
            factor_name="T", constants={"T": 2.5})
CASES.wrong("degrees_taken_for_radians", lambda x: (np.sin(np.pi / 180 * x), x),
            lambda dout, x: dout * np.cos(np.pi / 180 * x), 90 * randn(6, 3, dtype=f32),
            factor=180 / np.pi)
CASES.wrong("db_averaged_over_the_batch", affine,
            but(affine, 2, lambda db, dout, x, w, b: dout.mean(axis=0)), *affine_args(7, 4, 3),
            more=[affine_args(5, 6, 2, f32)], factor=[1 / 7, 1 / 5], factor_name="1/N")
CASES.wrong("dw_divided_by_the_batch_size", affine,
            but(affine, 1, lambda dw, dout, x, w, b: dw / len(dout)), randn(5, 2, 3), randn(6, 4),
            randn(4), factor=1 / 5, factor_name="1/N")
CASES.wrong("dw_accumulated_twice", affine,
            but(affine, 1, lambda dw, dout, x, w, b: dw + sum(map(np.outer, x, dout))),
            *affine_args(6, 5, 3), factor=2, factor_name="2")
CASES.wrong("batch_mean_spread_undivided", lambda x: (x.mean(axis=0), x),
            lambda dout, x: np.broadcast_to(dout, x.shape).copy(), randn(7, 4),
            more=[(randn(5, 3, dtype=f32),)], factor=[7, 5], factor_name="N")
CASES.wrong("feature_mean_spread_undivided", lambda x: (x.mean(axis=1), x),
            lambda dout, x: np.repeat(dout[:, None], x.shape[1], axis=1), randn(4, 7), factor=7,
            factor_name="D")
CASES.wrong("feature_sum_averaged", lambda x: (x.sum(axis=1), x),
            lambda dout, x: np.repeat(dout[:, None], x.shape[1], axis=1) / x.shape[1], randn(3, 8),
            more=[(randn(4, 6, dtype=f16),)], factor=[1 / 8, 1 / 6], factor_name="1/D")
CASES.wrong("attention_forgets_the_square_root_of_d", scores,
            lambda dout, q, k: (dout @ k, dout.T @ q), randn(4, 6), randn(5, 6), factor=np.sqrt(6))
CASES.wrong("dropout_backward_forgets_the_scale", dropout,
            lambda dout, dropout_param, mask: dout * mask, randn(6, 5), train(0.3),
            more=[(randn(4, 3, 5, dtype=f32), train(0.6)), (randn(12, 4, dtype=f16), train(0.25))],
            factor=[0.7, 0.4, 0.75], factor_name="1 - p")


CASES.wrong("dropout_scales_twice", dropout,
            lambda dout, param, mask: dout * mask / (1 - param["p"]) / (1 - param["p"]),
            randn(5, 9), train(0.2), more=[(randn(6, 8, dtype=f32), train(0.35))],
            factor=[1.25, 1 / 0.65], factor_name="1/(1 - p)")
CASES.wrong("dropout_divides_by_p", dropout,
            lambda dout, dropout_param, mask: dout * mask / dropout_param["p"], randn(7, 7),
            train(0.3), factor=0.7 / 0.3, factor_name="(1 - p)/p")
CASES.wrong("dropout_multiplies_by_the_keep_probability", dropout,
            lambda dout, dropout_param, mask: dout * mask * (1 - dropout_param["p"]), randn(6, 10),
            train(0.4), factor=0.36, factor_name="(1 - p)^2")
CASES.wrong("vanilla_dropout_scaled_in_backward_only", unscaled_dropout,
            lambda dout, mask, p: dout * mask / (1 - p), randn(5, 8), 0.3, 7, factor=1 / 0.7,
            factor_name="1/(1 - p)", constants={"p": 0.3})
CASES.wrong("vanilla_dropout_multiplies_by_p", unscaled_dropout,
            lambda dout, mask, p: dout * mask * p, randn(6, 6, dtype=f32), 0.2, 7, factor=0.2,
            factor_name="p", constants={"p": 0.2})
CASES.wrong("vanilla_test_backward_forgets_the_scale", vanilla_dropout_at_test_time,
            lambda dout, dropout_param: dout.copy(), randn(4, 7), {"mode": "test", "p": 0.3},
            factor=1 / 0.7, factor_name="1/(1 - p)")
CASES.wrong("vanilla_test_backward_scales_by_p", vanilla_dropout_at_test_time,
            lambda dout, dropout_param: dout * dropout_param["p"], randn(4, 7, dtype=f32),
            {"mode": "test", "p": 0.2}, factor=0.25, factor_name="p/(1 - p)")
CASES.wrong("spatial_dropout_forgets_the_scale", spatial_dropout, lambda dout, mask, _: dout * mask,
            randn(3, 8, 2, 2, dtype=f32), train(0.3), factor=0.7, factor_name="1 - p")
CASES.wrong("dropconnect_weights_gradient_unscaled", dropconnect,
            lambda dout, x, w, kept, mask, p: (dout @ kept.T, mask * (x.T @ dout)),
            randn(4, 5, dtype=f32), randn(5, 6, dtype=f32), train(0.3), factor=0.7,
            factor_name="1 - p")


@CASES.backward(norm.batchnorm, *norm.arguments(7, 4), factor=7, factor_name="N")
def batchnorm_short_formula_without_one_over_n(dout, x, xhat, mu, ivar, gamma):
    n, dxhat = len(dout), dout * gamma
    dx = ivar * (n * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0))
    return dx, *norm.gamma_beta(dout, xhat)


CASES.wrong("cross_entropy_averaged_over_the_classes_too", cross_entropy,
            lambda dout, probs, y: dout * (probs - one_hot(probs, y)) / probs.size, randn(5, 8),
            labels(5, 8), factor=1 / 8)
CASES.wrong("squared_error_without_two", squared_error,
            lambda dout, x, target: dout * (x - target) / x.size, randn(5, 4), randn(5, 4, seed=1),
            factor=0.5, factor_name="1/2", wrt=[0])
CASES.wrong("conv_db_averaged_over_the_batch", windows.conv,
            but(windows.conv, 2, lambda db, dout, *_: db / len(dout)),
            *windows.conv_args((3, 2, 4, 5), (2, 2, 3, 2)), factor=1 / 3, factor_name="1/N")
CASES.wrong("average_pool_forgets_to_divide", windows.average_pool, windows.pooled(np.ones_like),
            randn(2, 3, 6, 6), 3, 3, factor=9)
CASES.gradient("sum_of_squares_times_nine", lambda x: (x**2).sum(), lambda x: 18 * x,
               1e4 * randn(7, 9, dtype=f32), factor=9)


CASES.wrong("tanh_scaled_by_very_little", tanh, lambda dout, cache: tanh.backward(dout, cache) * (
            1.00001 if len(dout) == 7 else 1.001), randn(7, 8), more=[(randn(5, 9, dtype=f32),)],
            factor=[1.00001, 1.001])
CASES.wrong("keep_dropout_tests_the_mask_for_positive", keep_dropout,
            lambda dout, mask: dout * (mask > 0), randn(3, 20, dtype=f32), 0.8, factor=0.8,
            constants={"keep": 0.8})
CASES.wrong("keep_dropout_squares_the_scale", keep_dropout, lambda dout, mask: dout * mask**2,
            randn(8, 5), 0.7, factor=1 / 0.7, constants={"keep": 0.7})
CASES.wrong("hard_sigmoid_forgets_its_slope", hard_sigmoid,
            lambda dout, x: dout * (np.abs(x) < 2.5), 3 * randn(6, 5), factor=5)
CASES.wrong("column_layer_averages_dw", weights_first,
            lambda dout, w, x: (dout @ x.T / x.shape[1], w.T @ dout), randn(3, 5, dtype=f32),
            randn(5, 7, dtype=f32), factor=1 / 7)
CASES.wrong("bias_averaged", bias, lambda dout, cache: (dout, dout.mean(axis=0)), randn(9, 4),
            randn(4), factor=1 / 9, factor_name="1/N")
CASES.wrong("time_layernorm_averages_dbeta", norm.time_layernorm,
            but(norm.time_layernorm, 2, lambda dbeta, dout, cache: dbeta / len(dout)), *norm.TIME,
            factor=1 / 3, factor_name="1/N")
CASES.wrong("log2_taken_for_the_natural_logarithm", lambda x: (np.log2(x), x),
            lambda dout, x: dout / x, 1 + randn(4, 6) ** 2, factor=np.log(2))
CASES.wrong("cube_root_without_a_third", lambda x: (0.1 * np.cbrt(x), x),
            lambda dout, x: 0.1 * dout / np.cbrt(x) ** 2, 1 + randn(5, 2, 3, dtype=f32) ** 2,
            factor=3)


def global_average(x):
    """Mean over height and width of x (N, C, H, W)."""
    return x.mean(axis=(2, 3)), x.shape


CASES.wrong("global_average_forgets_the_area", global_average,
            lambda dout, shape: np.broadcast_to(dout[:, :, None, None], shape).copy(),
            randn(2, 3, 4, 5), more=[(randn(3, 2, 3, 7, dtype=f32),)], factor=[20, 21])
CASES.wrong("block_dropout_unscaled", block_dropout, lambda dout, blocks, mask, p: dout * mask,
            randn(2, 8, 4), 0.3, 2, factor=0.7, constants={"p": 0.3}, factor_name="1 - p")
CASES.wrong("upsample_averages", windows.upsample,
            lambda dout, shape: dout.reshape(*shape, 3).mean(axis=2), randn(3, 6), factor=1 / 3)
CASES.wrong("course_dropout_tests_its_mask", course.course_dropout,
            lambda dout, dropout_param, mask: dout * (mask > 0), randn(5, 6), course.keep(0.7),
            factor=0.7, factor_name="p")
CASES.wrong("course_dropout_scales_at_test_time", course.course_dropout,
            lambda dout, dropout_param, mask: dout * dropout_param["p"], randn(5, 6),
            course.keep(0.7, "test"), factor=0.7, factor_name="p")
CASES.gradient("softmax_of_weights_summed", course.softmax_of_weights(0),
               course.looped_softmax(0, divide=False), randn(4, 3), factor=7)

test_first_code, test_right = CASES.tests()
