"""A gradient let through where forward stopped its input."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, but, f16, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.affine import (
    affine,
    affine_args,
    affine_relu,
    hidden_relu,
    two_layers,
)
from tests.gradcheck.findings.forwards.dropout import dropconnect, dropout, keep_dropout, train
from tests.gradcheck.findings.forwards.elementwise import clipped, relu, relu_by_mask
from tests.gradcheck.findings.forwards.losses import cross_entropy, labels

CASES = Cases("mask-not-applied")

CASES.wrong("relu_lets_everything_through", relu, lambda dout, x: dout.copy(), randn(5, 7),
            more=[(randn(3, 4, 5, dtype=f32),), (randn(2, 3, 4, 2, dtype=f16),)])
CASES.wrong("hidden_relu_forgotten", two_layers, lambda dout, x, w1, w2, a, h: (
            dout @ w2.T @ w1.T, x.T @ (dout @ w2.T), h.T @ dout),
            randn(6, 4), randn(4, 7), randn(7, 3))
CASES.wrong("hidden_mask_forgotten", hidden_relu, lambda dout, x, w1, w2, mask: (
            dout @ w2.T @ w1.T, x.T @ (dout @ w2.T), (x @ w1 * mask).T @ dout),
            randn(5, 3), randn(3, 6), randn(6, 4), more=[tuple(
                randn(*shape, dtype=f32) for shape in ((7, 5), (5, 4), (4, 2)))])
CASES.wrong("dropout_only_rescales", dropout,
            lambda dout, dropout_param, mask: dout / (1 - dropout_param["p"]), randn(5, 8),
            train(0.4), more=[(randn(3, 4, 6, dtype=f32), train(0.3))])
CASES.wrong("dropout_backward_behaves_as_at_test_time", dropout, lambda dout, cache: dout.copy(),
            randn(8, 8, dtype=f16), train(0.25))
CASES.wrong("dropconnect_weights_gradient_unmasked", dropconnect,
            lambda dout, x, w, kept, mask, p: (dout @ kept.T, x.T @ dout / (1 - p)), randn(4, 5),
            randn(5, 6), train(0.5))
CASES.wrong("keep_dropout_passes_dout", keep_dropout, lambda dout, mask: 1.0 * dout, randn(4, 11),
            0.8, constants={"keep": 0.8})
CASES.wrong("relu_by_any", relu_by_mask, lambda dout, mask: dout * mask.any(), randn(3, 3, 3))
CASES.wrong("clip_straight_through", clipped, lambda dout, cache: dout.copy(), 2 * randn(6, 7),
            -1.0, 1.5)
for x in (1e-8 * randn(4, 5), 1e6 * randn(6, 3, dtype=f32), randn(7, 9, dtype=f16),
          np.zeros((3, 4)), -np.abs(randn(4, 4)), randn(300, 200)):
    CASES.right(relu, x)
CASES.right(dropout, randn(9, 4, dtype=f16), train(0.2, 1))
CASES.wrong("course_dropout_only_rescales", course.course_dropout,
            lambda dout, dropout_param, mask: dout / dropout_param["p"], randn(5, 6),
            course.keep(0.7))
CASES.wrong("temporal_loss_counts_the_padding", course.temporal_loss,
            lambda dout, probs, y, mask: cross_entropy.backward(dout, (probs, y)),
            3 * randn(7, 4), labels(7, 4), np.array([1, 1, 0, 1, 0, 1, 1]))
CASES.wrong("dropconnect_multiplies_by_dropped_weights", dropconnect, but(
            dropconnect, 0, lambda dx, dout, x, w, kept, mask, p: dout @ w.T / (1 - p)),
            randn(4, 5), randn(5, 6), train(0.5))


def affine_relu_dropout(x, w, b, dropout_param):
    h, cache = affine_relu(x, w, b)
    out, (_, mask) = dropout(h, dropout_param)
    return out, (cache[:3], mask / (1 - dropout_param["p"]))


CASES.wrong("affine_relu_dropout_forgets_its_relu", affine_relu_dropout,
            lambda dout, cache, mask: affine.backward(dout * mask, cache),
            *affine_args(20, 6, 4), train(0.4))

test_first_code, test_right = CASES.tests()
