"""Settings in whose place a constant stands."""

import numpy as np

from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.judge import judge
from gradcheck.target.pairs import Pair
from tests.gradcheck.findings.cases import PASSED, Cases

CASES = Cases("setting-ignored")


def add(name, base, forward, backward, code=None):
    """Register a layer that is judged at the examples of a standard one."""
    pair = Pair(base, base, forward, backward)
    CASES.add(name, (), lambda: judge(pair, Conventions()).report, code)


def leaky(slope):
    return lambda x, alpha=0.01: (np.where(x > 0, x, slope(alpha) * x), (x, slope(alpha)))


def leaky_backward(dout, cache):
    x, slope = cache
    return dout * np.where(x > 0, 1, slope)


def layernorm(eps_of):
    def forward(x, gamma, beta, ln_param):
        std = np.sqrt(x.var(axis=1, keepdims=True) + eps_of(ln_param))
        xhat = (x - x.mean(axis=1, keepdims=True)) / std
        return gamma * xhat + beta, (xhat, gamma, std)

    return forward


def layernorm_backward(dout, cache):
    xhat, gamma, std = cache
    d = dout * gamma
    d = d - d.mean(axis=1, keepdims=True) - xhat * (d * xhat).mean(axis=1, keepdims=True)
    return d / std, (dout * xhat).sum(axis=0), dout.sum(axis=0)


add("slope_is_a_constant", "leaky_relu", leaky(lambda alpha: 0.01), leaky_backward)
add("slope_is_read", "leaky_relu", leaky(lambda alpha: alpha), leaky_backward, PASSED)
add("eps_is_a_constant", "layernorm", layernorm(lambda param: 1e-5), layernorm_backward)
add("eps_is_read", "layernorm", layernorm(lambda param: param.get("eps", 1e-5)),
    layernorm_backward, PASSED)

test_first_code, test_right = CASES.tests()


def test_a_key_is_a_warning_and_a_parameter_a_failure():
    statuses = {case.name.partition("[")[0]: case.check().status for case in CASES.cases}
    assert statuses == {"slope_is_a_constant": "failed", "slope_is_read": "passed",
                        "eps_is_a_constant": "warned", "eps_is_read": "passed"}
