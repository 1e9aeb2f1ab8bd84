"""A penalty in the loss that the gradients leave out."""

from tests.gradcheck.findings.cases import Cases, f32
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.nets import decayed, spoiled_net, spoiled_ridge

CASES = Cases("regularization-missing")

spoiled_net(CASES, "weight_decay_only_in_the_loss", decayed(-1), 5, 6, 3)
spoiled_net(CASES, "weight_decay_only_in_the_loss", decayed(-1), 4, 3, reg=0.5, loss="hinge")
spoiled_net(CASES, "weight_decay_only_in_the_loss", decayed(-1), 6, 5, 4, 3, reg=0.01, dtype=f32)
spoiled_net(CASES, "last_layer_not_decayed", decayed(-1, last=True), 5, 4, 3, reg=0.2)
spoiled_ridge(CASES, "ridge_without_its_penalty", reg_w=0)
course.decayed(CASES, "weights_not_decayed", 0)

test_first_code, test_right = CASES.tests()
