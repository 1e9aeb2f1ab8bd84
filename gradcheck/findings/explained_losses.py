"""Explanations of losses, of softmax, and of regularization in whole nets."""

from gradcheck.findings.explained import Given, layer

SCORES = """
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 6)), np.array([2, 0, 5, 2])
    """
SOFTMAX_LOSS = Given(SCORES, "check_gradient(lambda x: softmax_loss(x, y)[0], "
                     "lambda x: softmax_loss(x, y)[1], x)")
SOFTMAX_LOSS_RIGHT = """
    def softmax_loss(x, y):
        rows = np.arange(len(x))
        e = np.exp(x - x.max(axis=1, keepdims=True))
        probs = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(probs[rows, y]).mean()
        dx = probs.copy()
        dx[rows, y] -= 1
        return loss, dx / len(x)
    """
SVM_LOSS = Given(SCORES, "check_gradient(lambda x: svm_loss(x, y)[0], "
                 "lambda x: svm_loss(x, y)[1], x)")
SVM_LOSS_RIGHT = """
    def svm_loss(x, y):
        rows = np.arange(len(x))
        margins = np.maximum(0, x - x[rows, y][:, None] + 1)
        margins[rows, y] = 0
        dx = (margins > 0).astype(float)
        dx[rows, y] = -dx.sum(axis=1)
        return margins.sum() / len(x), dx / len(x)
    """
SOFTMAX = layer("softmax", """
    x = np.random.default_rng(0).normal(size=(4, 6))

    def softmax_forward(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        out = e / e.sum(axis=1, keepdims=True)
        return out, out
    """, "x")
NET = Given(f"""{SCORES}{SOFTMAX_LOSS_RIGHT}""", "check_net(Net(), x, y)")
NET_RIGHT = """
    class Net:
        def __init__(self):
            self.reg = 0.1
            rng = np.random.default_rng(1)
            self.params = {"W1": rng.normal(size=(6, 7)), "b1": rng.normal(size=7)}

        def loss(self, X, y):
            W, b = self.params["W1"], self.params["b1"]
            loss, dscores = softmax_loss(X @ W + b, y)
            loss += 0.5 * self.reg * np.sum(W**2)
            dW = X.T @ dscores + self.reg * W
            db = dscores.sum(axis=0)
            return loss, {"W1": dW, "b1": db}
    """


def _softmax(old: str, new: str) -> str:
    assert old in SOFTMAX_LOSS_RIGHT
    return SOFTMAX_LOSS_RIGHT.replace(old, new)


def _net(old: str, new: str) -> str:
    assert old in NET_RIGHT
    return NET_RIGHT.replace(old, new)


LOSSES = (
    SOFTMAX_LOSS.explain(
        "label-term-missing",
        """The gradient of cross-entropy is the probabilities minus one at the label; the minus one
        is missing.""",
        "Only the label's column is wrong, by 1/N in each row.",
        _softmax("        dx[rows, y] -= 1\n", ""), SOFTMAX_LOSS_RIGHT),
    SOFTMAX_LOSS.explain(
        "label-term-sign",
        """One is added at the label where it should be subtracted: the score of the right class is
        pushed down.""",
        "Only the label's column is wrong, by 2/N in each row.",
        _softmax("dx[rows, y] -= 1", "dx[rows, y] += 1"), SOFTMAX_LOSS_RIGHT),
    SOFTMAX_LOSS.explain(
        "wrong-label",
        """The label term stands in another column than the label's: labels that count from 1, or
        an index that is shifted.""",
        "Two columns are wrong in each row, by opposite amounts.",
        _softmax("dx[rows, y] -= 1", "dx[rows, y - 1] -= 1"), SOFTMAX_LOSS_RIGHT),
    SOFTMAX_LOSS.explain(
        "not-normalized",
        """The loss is a mean over the batch and its gradient is a sum: the learning rate then
        depends on the batch size.""",
        "analytic = N x numeric everywhere.",
        _softmax("return loss, dx / len(x)", "return loss, dx"), SOFTMAX_LOSS_RIGHT),
    SOFTMAX.explain(
        "diagonal-jacobian-only",
        """Each output of softmax depends on every input of its row. Backward uses the diagonal of
        the Jacobian alone, as if softmax were elementwise.""",
        "analytic = dout * out * (1 - out); the rows no longer sum to zero.",
        """
        def softmax_backward(dout, out):
            return dout * out * (1 - out)
        """, """
        def softmax_backward(dout, out):
            return out * (dout - (dout * out).sum(axis=1, keepdims=True))
        """),
    SVM_LOSS.explain(
        "margin-count",
        """Each violated margin of the hinge loss pulls the label's score up, so the label's
        gradient is minus the number of them; backward puts another number there.""",
        "Only the label's column is wrong, by multiples of 1/N.",
        SVM_LOSS_RIGHT.replace("-dx.sum(axis=1)", "-1"), SVM_LOSS_RIGHT),
)

REGULARIZATION = (
    NET.explain(
        "regularization-missing",
        """The loss has an L2 penalty and the gradient of a weight has not, for all layers or for
        the last one.""",
        "numeric - analytic = reg * W.",
        _net(" + self.reg * W\n", "\n"), NET_RIGHT),
    NET.explain(
        "regularization-doubled",
        """The gradient has the penalty twice: 2 reg W belongs to a loss with reg sum(W^2), without
        the factor one half.""",
        "analytic - numeric = reg * W.",
        _net("+ self.reg * W\n", "+ 2 * self.reg * W\n"), NET_RIGHT),
    NET.explain(
        "regularization-halved",
        """The one half of the loss was taken over into the gradient, where the square's 2 cancels
        it.""",
        "numeric - analytic = reg * W / 2.",
        _net("+ self.reg * W\n", "+ 0.5 * self.reg * W\n"), NET_RIGHT),
    NET.explain(
        "regularization-sign",
        """The penalty's gradient is subtracted: the weights are driven away from zero.""",
        "numeric - analytic = 2 reg * W.",
        _net("+ self.reg * W\n", "- self.reg * W\n"), NET_RIGHT),
    NET.explain(
        "regularization-on-bias",
        """The bias's gradient has a penalty that the loss has not. Biases are not regularized by
        convention.""",
        "analytic - numeric = reg * b, for the bias alone.",
        _net("db = dscores.sum(axis=0)", "db = dscores.sum(axis=0) + self.reg * b"), NET_RIGHT),
)
