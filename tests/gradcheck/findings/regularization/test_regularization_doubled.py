"""A penalty whose gradient has a factor of 2 too much."""

from tests.gradcheck.findings.cases import Cases, f32
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.nets import decayed, spoiled_net, spoiled_ridge

CASES = Cases("regularization-doubled")

spoiled_net(CASES, "weight_decay_with_a_factor_of_two", decayed(1), 4, 6, 3)
spoiled_net(CASES, "weight_decay_with_a_factor_of_two", decayed(1), 5, 4, reg=0.3, loss="hinge")
spoiled_net(CASES, "weight_decay_with_a_factor_of_two", decayed(1), 3, 5, 4, reg=0.05, dtype=f32)
spoiled_ridge(CASES, "ridge_with_twice_its_penalty", reg_w=0.6)
course.decayed(CASES, "weights_decayed_twice", 4)

test_first_code, test_right = CASES.tests()
