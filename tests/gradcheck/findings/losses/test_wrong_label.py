"""A loss's gradient that subtracts the term of another label."""

import numpy as np

import layers
from tests.gradcheck.findings.cases import Cases, f32, paired, randn
from tests.gradcheck.findings.forwards import course, losses
from tests.gradcheck.findings.forwards.nets import spoiled_net, untouched

CASES = Cases("wrong-label")

CASES.wrong("cross_entropy_counts_labels_from_one", losses.cross_entropy,
            lambda dout, probs, y: dout * (probs - losses.one_hot(probs, y - 1)) / len(y),
            randn(8, 5), losses.labels(8, 5))
CASES.wrong("cross_entropy_labels_reversed", losses.cross_entropy,
            lambda dout, probs, y: dout * (probs - losses.one_hot(probs, y[::-1])) / len(y),
            randn(6, 3, dtype=f32), np.array([0, 1, 2, 1, 2, 2]))
CASES.wrong("cross_entropy_takes_its_prediction_for_the_label", losses.cross_entropy,
            lambda dout, probs, y: losses.cross_entropy.backward(dout, (probs, probs.argmax(1))),
            randn(9, 4), losses.labels(9, 4))
CASES.gradient("softmax_loss_shifts_the_labels_by_a_sample",
               losses.loss_of(losses.cross_entropy, losses.LABELS),
               lambda x: (losses.softmax(x)[0] - losses.one_hot(x, np.roll(losses.LABELS, 1))) /
                   len(x), losses.SCORES)
CASES.gradient("package_softmax_with_sorted_labels",
               losses.loss_of(layers.softmax_loss, losses.CLASSES),
               lambda x: layers.softmax_loss(x, np.sort(losses.CLASSES))[1], randn(5, 4))
CASES.wrong("nll_labels_one_too_high", losses.nll,
            lambda dout, logp, y: -dout * losses.one_hot(logp, (y + 1) % 4) / len(y), randn(6, 4),
            losses.SIX)
CASES.wrong("looped_cross_entropy_labels_every_sample_zero", losses.cross_entropy,
            course.looped_cross_entropy(labels=lambda y: 0 * y), randn(7, 4), losses.labels(7, 4))
spoiled_net(CASES, "net_counts_labels_from_one", untouched, 5, 6, 3, loss=paired(
            "from_one", lambda x, y: losses.cross_entropy(x, y), lambda dout, probs, y:
            losses.cross_entropy.backward(dout, (probs, y - 1))))

test_first_code, test_right = CASES.tests()
