"""The gradient of a mean that is not divided by the batch size."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f32, randn
from tests.gradcheck.findings.forwards import course, losses
from tests.gradcheck.findings.forwards.nets import spoiled_net

CASES = Cases("not-normalized")

CASES.wrong("cross_entropy_summed_not_averaged", losses.cross_entropy,
            lambda dout, probs, y: dout * (probs - losses.one_hot(probs, y)), randn(6, 5),
            losses.labels(6, 5), more=[(randn(7, 3, dtype=f32), losses.labels(7, 3))],
            factor=[6, 7])
CASES.gradient("softmax_loss_summed_not_averaged",
               losses.loss_of(losses.cross_entropy, losses.LABELS),
               lambda x: losses.softmax(x)[0] - losses.one_hot(x, losses.LABELS), losses.SCORES,
               factor=6)
CASES.wrong("hinge_summed_not_averaged", losses.hinge, lambda dout, margins, y: len(y) *
            losses.hinge.backward(dout, (margins, y)), randn(6, 4), losses.labels(6, 4), factor=6)
CASES.wrong("logistic_summed_not_averaged", losses.logistic,
            lambda dout, probs, y: dout * (probs - y), randn(7), losses.BINARY, factor=7)


spoiled_net(CASES, "softmax_not_averaged",
            lambda net, grads: grads.update({name: 8 * grad for name, grad in grads.items()}),
            5, 6, 3, reg=0.0, n=8)
CASES.wrong("soft_labels_summed", losses.soft_labels, lambda dout, probs, t: dout * (probs - t),
            randn(7, 4), losses.TARGETS, wrt=[0])
CASES.wrong("nll_summed", losses.nll, lambda dout, logp, y: -dout * losses.one_hot(logp, y),
            randn(6, 4), losses.SIX)
CASES.wrong("looped_cross_entropy_not_divided", losses.cross_entropy,
            course.looped_cross_entropy(divide=False), randn(7, 4), losses.labels(7, 4), factor=7)
spoiled_net(CASES, "only_the_penalty_averaged", lambda net, grads: grads.update(
            {name: 7 * grad - 6 * net.reg * net.params[name] * (name[0] == "W")
             for name, grad in grads.items()}), 4, 6, 3)
CASES.gradient("softmax_not_divided_by_its_sum", losses.loss_of(losses.cross_entropy),
               lambda x: (np.exp(x) - losses.one_hot(x, losses.LABELS)) / len(x), losses.SCORES)

test_first_code, test_right = CASES.tests()
