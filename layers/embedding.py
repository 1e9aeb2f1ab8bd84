"""Word embedding, and the affine layer at every time step."""

from __future__ import annotations

import numpy as np

from layers.affine import AffineCache, affine_backward, affine_forward
from layers.arguments import Array, cached, floating, refuse, refuse_nan, same_shape
from layers.precision import cast, widen
from layers.settings import Shape

EmbeddingCache = tuple[Array, Shape, np.dtype]


def word_embedding_forward(x: Array, W: Array) -> tuple[Array, EmbeddingCache]:
    """Look every word up in a table of vectors: out[n, t] = W[x[n, t]].

    Parameters
    ----------
    x : array of int, shape (N, T), or any other
        Words, 0 <= x < V.
    W : array of float, shape (V, D)
        A vector for each word of the vocabulary.

    Returns
    -------
    out : array, shape (N, T, D)
        Of W's dtype.
    cache : tuple
        For `word_embedding_backward`.

    Raises
    ------
    TypeError
        If x holds no integers, or W no floats.
    ValueError
        If a word is not in the table.

    References
    ----------
    Bengio, Ducharme, Vincent, Jauvin, "A Neural Probabilistic Language Model", JMLR 3 (2003).

    Examples
    --------
    >>> out, cache = word_embedding_forward(np.array([[2, 0]]), np.array([[0.0], [1.0], [4.0]]))
    >>> print(out[0, :, 0])
    [4. 0.]
    """
    W = floating("W", W, ndim=2)
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "iu":
        refuse("x", x, "an array of integers, the words' rows in W",
               "pass np.asarray(x, dtype=np.int64)", TypeError)
    if x.size and (x.min() < 0 or x.max() >= len(W)):
        refuse("x", f"words from {x.min()} to {x.max()}", f"0 <= x < {len(W)}, the rows of W",
               "give W a row for every word, or map unknown words to one of their own")
    words = x.astype(np.intp)
    out = W.take(words, axis=0)
    refuse_nan(out, W=W)  # not all of W at every call: few of its words are in x
    return out, (words, W.shape, W.dtype)


def word_embedding_backward(dout: Array, cache: EmbeddingCache) -> Array:
    """Add each word's gradients up: dW[v] = sum of dout[n, t] over all (n, t) with x[n, t] = v.

    dW = one_hot(x).T @ dout, with the one-hot matrix stored as the indices that it is.

    Parameters
    ----------
    dout : array of float, shape (N, T, D)
        Upstream gradient.
    cache : tuple
        From `word_embedding_forward`.

    Returns
    -------
    dW : array, shape (V, D)
        Of W's dtype.

    Raises
    ------
    ValueError
        If dout has not the shape of out.

    Examples
    --------
    >>> _, cache = word_embedding_forward(np.array([[2, 0, 2]]), np.zeros((3, 1)))
    >>> print(word_embedding_backward(np.array([[[1.0], [2.0], [3.0]]]), cache).T)
    [[2. 0. 4.]]
    """
    from scipy.sparse import csc_matrix  # it takes longer to load than all layers

    x, shape, dtype = cached(cache, (np.ndarray, tuple, np.dtype), "word_embedding_forward")
    dout = widen(same_shape("dout", dout, (*x.shape, shape[1]), "word_embedding_forward's out"))
    ones = np.ones(x.size, dout.dtype)
    transposed = csc_matrix((ones, x.reshape(-1), np.arange(x.size + 1)), (shape[0], x.size))
    return cast(transposed @ dout.reshape(x.size, shape[1]), dtype)


def temporal_affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, AffineCache]:
    """Apply one affine layer at every time step: out[n, t] = x[n, t] @ w + b.

    Parameters
    ----------
    x : array of float, shape (N, T, D)
    w, b : arrays of float, shapes (D, M) and (M,)

    Returns
    -------
    out : array, shape (N, T, M)
        Of x's dtype.
    cache : tuple
        For `temporal_affine_backward`.

    Raises
    ------
    TypeError, ValueError
        As in `affine_forward`.

    Examples
    --------
    >>> x = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    >>> out, cache = temporal_affine_forward(x, np.array([[1.0], [10.0]]), np.zeros(1))
    >>> print(out[0, :, 0])
    [21. 43.]
    """
    x = floating("x", x, ndim=3)
    N, T, D = x.shape
    out, (_, w, b) = affine_forward(x.reshape(N * T, D), w, b)
    return out.reshape(N, T, w.shape[1]), (x, w, b)


def temporal_affine_backward(dout: Array, cache: AffineCache) -> tuple[Array, Array, Array]:
    """Backpropagate through `temporal_affine_forward`: that of `affine_forward`, summed over steps.

    Parameters
    ----------
    dout : array of float, shape (N, T, M)
    cache : tuple
        From `temporal_affine_forward`.

    Returns
    -------
    dx, dw, db : arrays
        Of the shapes and dtypes of x, w and b.

    Examples
    --------
    >>> _, cache = temporal_affine_forward(np.ones((1, 3, 2)), np.ones((2, 1)), np.zeros(1))
    >>> dx, dw, db = temporal_affine_backward(np.ones((1, 3, 1)), cache)
    >>> print(dw.T, db)
    [[3. 3.]] [3.]
    """
    x, w, b = cached(cache, (np.ndarray,) * 3, "temporal_affine_forward")
    N, T, D = x.shape
    dout = same_shape("dout", dout, (N, T, w.shape[1]), "temporal_affine_forward's out")
    dx, dw, db = affine_backward(dout.reshape(N * T, w.shape[1]), (x.reshape(N * T, D), w, b))
    return dx.reshape(x.shape), dw, db
