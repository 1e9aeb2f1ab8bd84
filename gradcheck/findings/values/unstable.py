"""NaN or inf where the formula has neither, or digits that cancel."""

from __future__ import annotations

from gradcheck.findings.rule import Message, Rule, layer

RULE = Rule(
    code="unstable",
    tier=None,
    meaning="""The layer is right at small numbers; at others it overflows, divides 0 by 0 or
        cancels, although another form of the same formula does not. A loss that is infinite and
        whose gradient is right is a warning only.""",
    sign="NaN or inf at x of a thousand; in float32, wrong digits at x near a thousand.",
    given=layer("sigmoid", """
        x = np.linspace(-2, 2, 6)


        def sigmoid_backward(dout, out):
            return dout * out * (1 - out)
        """, "x, examples=[(1e3 * x,)]"),
    wrong="""
        def sigmoid_forward(x):
            with np.errstate(all="ignore"):
                out = np.exp(x) / (1 + np.exp(x))
            return out, out
        """,
    right="""
        def sigmoid_forward(x):
            out = 0.5 * (1 + np.tanh(x / 2))
            return out, out
        """,
    breaches={
        "output": Message("{what} holds {value} where the formula is finite: {because}",
                          "{remedy}"),
        "gradient": Message("the gradient of {argument} holds {value} at {where} where the formula "
                            "is finite: {because}", "{remedy}"),
        "loss": Message(
            "the loss is {value} although its gradient is finite: the logarithm of a probability "
            "that was rounded to 0",
            "compute logarithms of probabilities without exp between: scores - max - "
            "log(sum(exp(scores - max)))"),
        "cancelled": Message(
            "in float32 forward's output is wrong by {error:.2g} of its size, in float64 it is "
            "not: a difference of large numbers cancels",
            "subtract the mean before squaring: the mean of (x - mean)^2 instead of E[x^2] - "
            "E[x]^2"),
    },
)
