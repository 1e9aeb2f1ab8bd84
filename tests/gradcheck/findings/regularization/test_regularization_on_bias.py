"""Biases whose gradients are penalized although the loss does not penalize them."""

from tests.gradcheck.findings.cases import Cases, f32
from tests.gradcheck.findings.forwards.nets import decayed, spoiled_net, spoiled_ridge

CASES = Cases("regularization-on-bias")

spoiled_net(CASES, "biases_decayed_too", decayed(1, of="b"), 4, 5, 3)
spoiled_net(CASES, "biases_decayed_too", decayed(1, of="b"), 5, 4, reg=0.3, loss="hinge")
spoiled_net(CASES, "biases_decayed_too", decayed(1, of="b"), 6, 4, 5, 3, reg=0.2, dtype=f32)
spoiled_ridge(CASES, "ridge_decays_its_bias", reg_b=0.3)

test_first_code, test_right = CASES.tests()
