"""A penalty whose gradient has the wrong sign."""

from tests.gradcheck.findings.cases import Cases
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.nets import decayed, spoiled_net, spoiled_ridge

CASES = Cases("regularization-sign")

spoiled_net(CASES, "weight_decay_subtracted", decayed(-2), 5, 3, 4)
spoiled_net(CASES, "weight_decay_subtracted", decayed(-2), 6, 3, reg=0.02, loss="hinge")
spoiled_ridge(CASES, "ridge_rewards_large_weights", reg_w=-0.3)
course.decayed(CASES, "weights_decay_subtracted", -2)

test_first_code, test_right = CASES.tests()
