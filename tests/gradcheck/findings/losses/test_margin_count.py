"""A hinge loss whose label gets -1 instead of minus the number of violated margins."""

import numpy as np

import layers
from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course, losses

CASES = Cases("margin-count")

CASES.gradient("svm_loss_subtracts_one_for_the_label", losses.loss_of(losses.hinge),
               lambda x: (losses.violated(losses.hinge(x, losses.LABELS)[1][0]) - losses.one_hot(x,
                   losses.LABELS)) / len(x), losses.SCORES)


@CASES.backward(losses.hinge, randn(7, 6), losses.labels(7, 6))
@CASES.backward(losses.hinge, randn(5, 4, dtype=f32), losses.labels(5, 4))
def hinge_label_gets_minus_one(dout, margins, y):
    dx = losses.violated(margins)
    dx[np.arange(len(y)), y] = -1
    return dout * dx / len(y)


def package_svm_label_minus_one(x):
    dx = layers.svm_loss(x, losses.CLASSES)[1]
    dx[np.arange(5), losses.CLASSES] = -1 / 5
    return dx


CASES.gradient("package_svm_label_minus_one", losses.loss_of(layers.svm_loss, losses.CLASSES),
               package_svm_label_minus_one, randn(5, 4))
CASES.right(losses.hinge, np.array([[1.0, 2.0, 0.0], [3.0, 1.0, 2.0], [0.0, 0.3, -4.0]]),
            np.array([0, 0, 1]), name="hinge_at_the_margin")
CASES.wrong("looped_hinge_counts_the_label_too", losses.hinge,
            course.looped_hinge(lambda count: count + 1), randn(7, 4), losses.labels(7, 4))
CASES.wrong("looped_hinge_subtracts_once_a_sample", losses.hinge,
            course.looped_hinge(lambda count: 1), 2 * randn(7, 4), losses.labels(7, 4))
CASES.wrong("looped_hinge_subtracts_once_where_all_are_violated", losses.hinge,
            course.looped_hinge(lambda count: 1), 0.1 * randn(7, 4), losses.labels(7, 4),
            more=[(0.1 * randn(5, 3), losses.labels(5, 3))])

test_first_code, test_right = CASES.tests()
