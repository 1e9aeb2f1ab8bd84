"""CaptioningRNN: captions of images from their features, as in assignment 3 of cs231n."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from layers import (
    affine_backward,
    affine_forward,
    lstm_step_forward,
    rnn_step_forward,
    temporal_affine_backward,
    temporal_affine_forward,
    temporal_softmax_loss,
    word_embedding_backward,
    word_embedding_forward,
)
from layers.arguments import Array, refuse
from nets.architecture import check_params
from nets.arguments import Rng, checked_rng, float_dtype, whole
from nets.recurrent import Grads, cell_of, draw_cell


class CaptioningRNN:
    """Features of an image become the first state; every word then gives the scores of the next.

    ::

        h0 = features @ W_proj + b_proj
        h  = cell(W_embed[words], h0)
        scores = h @ W_vocab + b_vocab

    Parameters
    ----------
    word_to_idx : mapping of str to int
        The vocabulary, with ``<NULL>``, which fills captions up; for `sample` also ``<START>`` and,
        where captions are to end, ``<END>``.
    input_dim, wordvec_dim, hidden_dim : int
        Lengths of the features, of a word's vector and of the state.
    cell_type : {'rnn', 'lstm'}
    dtype : dtype, default float32
        Use float64 for gradient checks.
    rng : numpy.random.Generator or RandomState, keyword-only, optional
        Draws the weights, in the course's order. Default: NumPy's global generator.

    Attributes
    ----------
    params : dict of str to ndarray
        ``W_embed`` (V, W), ``W_proj`` (D, H), ``b_proj``, ``Wx``, ``Wh``, ``b``, ``W_vocab``
        (H, V), ``b_vocab``.

    Raises
    ------
    ValueError, TypeError
        For an argument of a wrong type or out of range; the message names it.

    References
    ----------
    Vinyals, Toshev, Bengio, Erhan, "Show and Tell: A Neural Image Caption Generator", CVPR 2015;
    Stanford cs231n, assignment 3.

    Examples
    --------
    >>> words = {"<NULL>": 0, "<START>": 1, "<END>": 2, "cat": 3}
    >>> net = CaptioningRNN(words, 5, 6, 7, cell_type="lstm", rng=np.random.default_rng(0))
    >>> loss, grads = net.loss(np.ones((2, 5)), np.array([[1, 3, 2], [1, 2, 0]]))
    >>> loss > 0, net.sample(np.ones((2, 5)), max_length=4).shape
    (True, (2, 4))
    """

    def __init__(
        self,
        word_to_idx: Mapping[str, int],
        input_dim: int = 512,
        wordvec_dim: int = 128,
        hidden_dim: int = 128,
        cell_type: str = "rnn",
        dtype: DTypeLike = np.float32,
        *,
        rng: Rng = None,
    ) -> None:
        self.cell_type, self._cell = cell_type, cell_of(cell_type)
        self.word_to_idx = _vocabulary(word_to_idx)
        self.idx_to_word = {index: word for word, index in word_to_idx.items()}
        self.dtype, rng = float_dtype(dtype), checked_rng(rng)
        D, W, H = (whole(name, size, low=1) for name, size in (
            ("input_dim", input_dim), ("wordvec_dim", wordvec_dim), ("hidden_dim", hidden_dim)))
        V, draw = len(word_to_idx), (np.random if rng is None else rng).standard_normal
        params = {
            "W_embed": draw((V, W)) / 100,
            "W_proj": draw((D, H)) / np.sqrt(D), "b_proj": np.zeros(H),
            **draw_cell(W, H, self._cell.gates, draw),
            "W_vocab": draw((H, V)) / np.sqrt(H), "b_vocab": np.zeros(V),
        }
        self.params = {name: value.astype(self.dtype) for name, value in params.items()}
        self._shapes = {name: value.shape for name, value in self.params.items()}

    def loss(self, features: Array, captions: Array) -> tuple[float, Grads]:
        """Compute the loss of every caption's next words, and its gradients.

        Parameters
        ----------
        features : ndarray, shape (N, input_dim)
        captions : ndarray of int, shape (N, T), T >= 2
            Each word is read, and the next one is to be said; ``<NULL>`` as the next does not
            count.

        Returns
        -------
        loss : float
            Summed over the words of a caption, averaged over captions.
        grads : dict of str to ndarray
            Of the keys of `params`.

        Raises
        ------
        ValueError, TypeError
            If the arrays are of a wrong shape or kind, or a word is not in the vocabulary.
        """
        check_params(self.params, self._shapes)
        p, features = self.params, self._features(features)
        read, said = _shifted(captions, len(features), len(p["W_embed"]))
        h0, projection = affine_forward(features, p["W_proj"], p["b_proj"])
        words, embedding = word_embedding_forward(read, p["W_embed"])
        h, cell = self._cell.forward(words, h0, p["Wx"], p["Wh"], p["b"])
        scores, vocabulary = temporal_affine_forward(h, p["W_vocab"], p["b_vocab"])
        mask = said != self.word_to_idx["<NULL>"]
        loss, dscores = temporal_softmax_loss(scores, said, mask)
        grads: Grads = {}
        dh, grads["W_vocab"], grads["b_vocab"] = temporal_affine_backward(dscores, vocabulary)
        dwords, dh0, grads["Wx"], grads["Wh"], grads["b"] = self._cell.backward(dh, cell)
        grads["W_embed"] = word_embedding_backward(dwords, embedding)
        _, grads["W_proj"], grads["b_proj"] = affine_backward(dh0, projection)
        return loss, grads

    def sample(self, features: Array, max_length: int = 30) -> Array:
        """Caption images: from ``<START>`` on, take the likeliest word and read it next.

        Parameters
        ----------
        features : ndarray, shape (N, input_dim)
        max_length : int, default 30

        Returns
        -------
        captions : ndarray of int, shape (N, max_length)
            Without ``<START>``; behind an ``<END>``, ``<NULL>``.

        Raises
        ------
        ValueError, TypeError
            If the features are of a wrong shape or kind, or there is no ``<START>``.
        """
        start = self.word_to_idx.get("<START>")
        if start is None:
            refuse("word_to_idx", f"{len(self.word_to_idx)} words without it", "'<START>'",
                   "add the word that captions begin with")
        p, features = self.params, self._features(features)
        null, end = self.word_to_idx["<NULL>"], self.word_to_idx.get("<END>")
        captions = np.full((len(features), whole("max_length", max_length, low=1)), null)
        h, _ = affine_forward(features, p["W_proj"], p["b_proj"])
        c, words = np.zeros_like(h), np.full(len(h), start)
        ended = np.zeros(len(h), bool)
        for t in range(captions.shape[1]):
            x, _ = word_embedding_forward(words, p["W_embed"])
            h, c = self._step(x, h, c)
            words = affine_forward(h, p["W_vocab"], p["b_vocab"])[0].argmax(axis=1)
            captions[~ended, t] = words[~ended]
            ended |= words == end
        return captions

    def _step(self, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        weights = (self.params["Wx"], self.params["Wh"], self.params["b"])
        if self.cell_type == "rnn":
            return rnn_step_forward(x, h, *weights)[0], c
        return lstm_step_forward(x, h, c, *weights)[:2]

    def _features(self, features: object) -> Array:
        D = self._shapes["W_proj"][0]
        if not isinstance(features, np.ndarray) or features.dtype.kind not in "fiub":
            refuse("features", features, "an array of numbers",
                   "pass np.asarray(features, dtype=float)", TypeError)
        if features.ndim != 2 or features.shape[1] != D:
            refuse("features", features, f"shape (N, {D}), that of input_dim",
                   "pass a row of features for each image, or build the net with their length")
        return features.astype(self.dtype, copy=False)


def _vocabulary(words: Any) -> dict[str, int]:
    if not isinstance(words, Mapping) or "<NULL>" not in words:
        refuse("word_to_idx", words, "a dict of words with '<NULL>' among them",
               "give the word that fills captions up a number", ValueError if isinstance(
                   words, Mapping) else TypeError)
    return dict(words)


def _shifted(captions: object, N: int, V: int) -> tuple[Array, Array]:
    """Return all words but the last, and all but the first."""
    if not isinstance(captions, np.ndarray) or captions.dtype.kind not in "iu":
        refuse("captions", captions, "an array of integers",
               "pass the words' numbers in word_to_idx", TypeError)
    if captions.ndim != 2 or len(captions) != N or captions.shape[1] < 2:
        refuse("captions", captions, f"shape ({N}, T) with T >= 2, one caption for each row of "
               "features", "a caption has a first word to read and a next one to say")
    if captions.size and not 0 <= captions.min() <= captions.max() < V:
        refuse("captions", f"words from {captions.min()} to {captions.max()}",
               f"0 <= captions < {V}, the size of the vocabulary",
               "write the captions with the vocabulary of the net")
    return captions[:, :-1], captions[:, 1:]
