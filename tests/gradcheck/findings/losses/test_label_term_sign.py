"""A loss's gradient with the term of the label added instead of subtracted."""

import numpy as np

import layers
from tests.gradcheck.findings.cases import Cases, f32, paired, randn
from tests.gradcheck.findings.forwards import course, losses
from tests.gradcheck.findings.forwards.nets import spoiled_net, untouched

CASES = Cases("label-term-sign")

CASES.wrong("cross_entropy_adds_the_label", losses.cross_entropy,
            lambda dout, probs, y: dout * (probs + losses.one_hot(probs, y)) / len(y), randn(7, 3),
            losses.labels(7, 3), more=[(randn(4, 6, dtype=f32), losses.labels(4, 6))])
CASES.gradient("softmax_loss_adds_the_label", losses.loss_of(losses.cross_entropy, losses.LABELS),
               lambda x: (losses.softmax(x)[0] + losses.one_hot(x, losses.LABELS)) / len(x),
               losses.SCORES)


CASES.wrong("hinge_adds_the_count", losses.hinge, course.looped_hinge(lambda count: -count),
            randn(8, 4), losses.labels(8, 4))
CASES.wrong("logistic_adds_the_label", losses.logistic,
            lambda dout, probs, y: dout * (probs + y) / len(y), randn(7, dtype=f32), losses.BINARY)
CASES.wrong("soft_labels_added", losses.soft_labels,
            lambda dout, probs, t: dout * (probs + t) / len(probs), randn(7, 4), losses.TARGETS,
            wrt=[0])
CASES.gradient("package_svm_label_plus", losses.loss_of(layers.svm_loss, losses.CLASSES),
               lambda x: layers.svm_loss(x, losses.CLASSES)[1] * (1 - 2 * losses.one_hot(x,
                   losses.CLASSES)), randn(5, 4, dtype=f32))


CASES.wrong("squared_hinge_adds_the_label", losses.squared_hinge,
            lambda dout, margins, y: dout * 2 / len(y) * (
                margins + losses.one_hot(margins, y) * margins.sum(axis=1)[:, None]),
            randn(6, 4), losses.SIX)
CASES.wrong("looped_cross_entropy_adds_the_label", losses.cross_entropy,
            course.looped_cross_entropy(label=-1), randn(7, 4), losses.labels(7, 4))
CASES.right(losses.cross_entropy, randn(7, 4), losses.labels(7, 4), name="looped_cross_entropy",
            backward=course.looped_cross_entropy())
CASES.wrong("temporal_loss_adds_the_label", course.temporal_loss,
            lambda dout, probs, y, mask: dout * mask[:, None] / len(y) * (
                probs + losses.one_hot(probs, y)), *course.CAPTIONS, wrt=[0])
CASES.gradient("logistic_adds_labels_of_a_closure", losses.loss_of(losses.logistic, losses.BINARY),
               lambda x: (1 / (1 + np.exp(-x)) + losses.BINARY) / len(x), randn(7))
spoiled_net(CASES, "net_adds_the_label", untouched, 5, 6, 2, loss=paired(
            "adding", lambda x, y: losses.cross_entropy(x, y), lambda dout, probs, y:
            dout * (probs + losses.one_hot(probs, y)) / len(y)))

test_first_code, test_right = CASES.tests()
