"""A penalty whose gradient keeps the loss's factor of a half."""

from tests.gradcheck.findings.cases import Cases
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.nets import decayed, spoiled_net, spoiled_ridge

CASES = Cases("regularization-halved")

spoiled_net(CASES, "weight_decay_with_the_factor_of_the_loss", decayed(-0.5), 6, 4, 3)
spoiled_net(CASES, "weight_decay_with_the_factor_of_the_loss", decayed(-0.5), 4, 5, reg=0.4)
spoiled_ridge(CASES, "ridge_with_half_its_penalty", reg_w=0.15)
course.decayed(CASES, "weights_decayed_without_two", 1)

test_first_code, test_right = CASES.tests()
