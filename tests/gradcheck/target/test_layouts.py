"""Functions of the course's names in layouts and settings of other editions."""

import numpy as np
import pytest

from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.judge import judge
from gradcheck.target.pairs import Pair, base_of_loss


def judged(name, forward, backward=None, base=None):
    return judge(Pair(name, base or name, forward, backward), Conventions())


@pytest.mark.parametrize(("factor", "status"), [(1.0, "passed"), (2.0, "failed")])
def test_classes_in_rows_and_samples_in_columns_are_the_first_editions(factor, status):
    def svm_loss_vectorized(W, X, y, reg):
        scores, samples = W.dot(X), np.arange(X.shape[1])
        margins = np.maximum(0, scores - scores[y, samples] + 1)
        margins[y, samples] = 0
        coefficients = (margins > 0).astype(float)
        coefficients[y, samples] = -coefficients.sum(axis=0)
        loss = margins.sum() / len(samples) + 0.5 * reg * np.sum(W * W)
        return loss, factor * (coefficients.dot(X.T) / len(samples) + reg * W)

    judgement = judged("svm_loss_vectorized", svm_loss_vectorized,
                       base=base_of_loss("svm_loss_vectorized", svm_loss_vectorized))
    assert judgement.status == status, judgement.message
    assert not judgement.passed or "as svm_loss_vectorized refuses" in judgement.advice[0]


def padded(x, both):
    if both % 2:
        raise ValueError("an even number of zeros is added")
    return np.pad(x, ((0, 0), (0, 0), (both // 2, both // 2), (both // 2, both // 2)))


def windows(x, shape):
    return np.lib.stride_tricks.sliding_window_view(x, shape[2:], axis=(2, 3))


@pytest.mark.parametrize(("factor", "status"), [(1.0, "passed"), (2.0, "failed")])
def test_zeros_may_be_counted_on_both_sides_together(factor, status):
    def conv_forward(input, weights, bias, conv_params):
        stride, wide = conv_params["stride"], padded(input, conv_params["pad"])
        kept = windows(wide, weights.shape)[:, :, ::stride, ::stride]
        out = np.einsum("ncijhw,fchw->nfij", kept, weights) + bias[:, None, None]
        return out, (input, weights, bias, conv_params)

    def conv_backward(dout, cache):
        input, weights, _, conv_params = cache
        stride, half = conv_params["stride"], conv_params["pad"] // 2
        wide = padded(input, 2 * half)
        kept = windows(wide, weights.shape)[:, :, ::stride, ::stride]
        dwide = np.zeros_like(wide)
        for i, j in np.ndindex(dout.shape[2:]):
            rows, columns = (slice(place * stride, place * stride + size) for place, size in
                             zip((i, j), weights.shape[2:], strict=True))
            dwide[:, :, rows, columns] += np.einsum("nf,fchw->nchw", dout[:, :, i, j], weights)
        dx = dwide[:, :, half:half + input.shape[2], half:half + input.shape[3]]
        return (dx, factor * np.einsum("ncijhw,nfij->fchw", kept, dout), dout.sum(axis=(0, 2, 3)))

    judgement = judged("conv", conv_forward, conv_backward)
    assert judgement.status == status, judgement.message


def test_a_loss_alone_is_a_fault_where_it_is_the_courses():
    assert judged("softmax_loss", lambda x, y: float(np.sum(x))).status == "failed"
    assert judged("softmax_loss", lambda X, t: float(np.sum(X))).status == "skipped"
