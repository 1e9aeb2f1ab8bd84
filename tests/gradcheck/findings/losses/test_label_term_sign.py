"""A loss's gradient with the term of the label added instead of subtracted."""


import layers
from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import losses

CASES = Cases("label-term-sign")

CASES.wrong("cross_entropy_adds_the_label", losses.cross_entropy,
            lambda dout, probs, y: dout * (probs + losses.one_hot(probs, y)) / len(y), randn(7, 3),
            losses.labels(7, 3), more=[(randn(4, 6, dtype=f32), losses.labels(4, 6))])
CASES.gradient("softmax_loss_adds_the_label", losses.loss_of(losses.cross_entropy, losses.LABELS),
               lambda x: (losses.softmax(x)[0] + losses.one_hot(x, losses.LABELS)) / len(x),
               losses.SCORES)


@CASES.backward(losses.hinge, randn(8, 4), losses.labels(8, 4))
def hinge_adds_the_count(dout, margins, y):
    dx = losses.violated(margins)
    return dout * (dx + losses.one_hot(dx, y) * dx.sum(axis=1)[:, None]) / len(y)


CASES.wrong("logistic_adds_the_label", losses.logistic,
            lambda dout, probs, y: dout * (probs + y) / len(y), randn(7, dtype=f32), losses.BINARY)
CASES.wrong("soft_labels_added", losses.soft_labels,
            lambda dout, probs, t: dout * (probs + t) / len(probs), randn(7, 4), losses.TARGETS,
            wrt=[0])
CASES.gradient("package_svm_label_plus", losses.loss_of(layers.svm_loss, losses.CLASSES),
               lambda x: layers.svm_loss(x, losses.CLASSES)[1] * (1 - 2 * losses.one_hot(x,
                   losses.CLASSES)), randn(5, 4, dtype=f32))


@CASES.backward(losses.squared_hinge, randn(6, 4), losses.SIX)
def squared_hinge_adds_the_label(dout, margins, y):
    return dout * 2 * (margins + losses.one_hot(margins, y) * margins.sum(axis=1)[:, None]) / len(y)


test_first_code, test_right = CASES.tests()
