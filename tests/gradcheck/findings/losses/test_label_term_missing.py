"""A loss's gradient without the term of the label."""

import numpy as np

import layers
from tests.gradcheck.findings.cases import Cases, f32, paired, randn
from tests.gradcheck.findings.forwards import course, losses
from tests.gradcheck.findings.forwards.nets import spoiled_net, untouched

CASES = Cases("label-term-missing")

CASES.wrong("cross_entropy_forgets_the_label", losses.cross_entropy,
            lambda dout, probs, y: dout * probs / len(y), randn(6, 4), losses.labels(6, 4),
            more=[(randn(5, 7, dtype=f32), losses.labels(5, 7))])
CASES.gradient("softmax_loss_forgets_the_label",
               losses.loss_of(losses.cross_entropy, losses.LABELS),
               lambda x: losses.softmax(x)[0] / len(x), losses.SCORES)
CASES.wrong("hinge_forgets_the_label", losses.hinge,
            lambda dout, margins, y: dout * losses.violated(margins) / len(y), randn(6, 3),
            losses.labels(6, 3))
CASES.wrong("logistic_forgets_the_label", losses.logistic,
            lambda dout, probs, y: dout * probs / len(y), randn(7), losses.BINARY)
CASES.wrong("soft_labels_forgotten", losses.soft_labels,
            lambda dout, probs, _: dout * probs / len(probs), randn(7, 4), losses.TARGETS, wrt=[0])
CASES.gradient("package_softmax_without_labels",
               losses.loss_of(layers.softmax_loss, losses.CLASSES),
               lambda x: layers.softmax_loss(x, losses.CLASSES)[1] + losses.one_hot(x,
                   losses.CLASSES) / 5, randn(5, 4))

CASES.wrong("squared_hinge_forgets_the_label", losses.squared_hinge,
            lambda dout, margins, y: dout * 2 * margins / len(y), randn(6, 4), losses.SIX)
CASES.wrong("looped_cross_entropy_forgets_the_label", losses.cross_entropy,
            course.looped_cross_entropy(label=0), randn(7, 4), losses.labels(7, 4))
CASES.wrong("looped_hinge_forgets_the_label", losses.hinge,
            course.looped_hinge(lambda count: 0), randn(7, 4), losses.labels(7, 4))
CASES.right(losses.hinge, randn(7, 4), losses.labels(7, 4), name="looped_hinge",
            backward=course.looped_hinge(lambda count: count))
CASES.wrong("temporal_loss_forgets_the_label", course.temporal_loss,
            lambda dout, probs, y, mask: dout * mask[:, None] * probs / len(y),
            *course.CAPTIONS, wrt=[0])
CASES.gradient("logistic_forgets_labels_of_a_closure",
               losses.loss_of(losses.logistic, losses.BINARY),
               lambda x: 1 / (1 + np.exp(-x)) / len(x), randn(7))
spoiled_net(CASES, "net_forgets_the_label", untouched, 5, 6, 2, loss=paired(
            "unlabelled", lambda x, y: losses.cross_entropy(x, y),
            lambda dout, probs, y: dout * probs / len(y)))

test_first_code, test_right = CASES.tests()
