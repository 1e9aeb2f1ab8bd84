"""A training step as one would write it in NumPy without layers, caches, or a check of anything."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

P, RATE, MOMENTUM = 0.5, 1e-2, 0.9


class BareStep:
    """The operations of a step of affine - relu - dropout - affine, in place where they can be."""

    def __init__(self, X: np.ndarray, y: np.ndarray, widths: tuple[int, ...]) -> None:
        rng = np.random.default_rng(0)
        self.X, self.y, self.rows = X, y, np.arange(len(X))
        self.stream = np.random.Philox(0)
        self.weights = [rng.standard_normal(shape).astype(np.float32) * np.float32(1e-2)
                        for shape in pairwise(widths)]
        self.biases = [np.zeros(width, np.float32) for width in widths[1:]]
        self.velocities = [np.zeros_like(w) for w in self.weights + self.biases]

    def __call__(self) -> float:
        """Take a step; return its loss."""
        scores, inputs = self.forward()
        loss = self.gradient_of_the_loss(scores)
        gradients = self.backward(scores, inputs)
        for w, dw, velocity in zip(self.weights + self.biases, gradients, self.velocities,
                                   strict=True):
            velocity *= MOMENTUM
            dw *= RATE
            velocity -= dw
            w += velocity
        return loss

    def forward(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the scores, and what goes into each affine layer; p = 0.5 is a bit a unit."""
        inputs, x = [self.X], self.X
        for w, b in zip(self.weights, self.biases, strict=True):
            x = x @ w
            x += b
            if w is self.weights[-1]:
                break
            np.maximum(x, 0, out=x)
            words = self.stream.random_raw(-(-x.size // 64))
            x *= np.unpackbits(words.view(np.uint8), count=x.size).reshape(x.shape)
            x /= 1 - P
            inputs.append(x)
        return x, inputs

    def gradient_of_the_loss(self, scores: np.ndarray) -> float:
        """Write the gradient over the scores; return the loss."""
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        loss = float(-np.log(scores[self.rows, self.y]).mean())
        scores[self.rows, self.y] -= 1
        scores /= len(scores)
        return loss

    def backward(self, dout: np.ndarray, inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Return the gradients of the weights, then those of the biases."""
        dws, dbs = [], []
        for x, w in zip(reversed(inputs), reversed(self.weights), strict=True):
            dws.append(x.T @ dout)
            dbs.append(dout.sum(axis=0))
            if x is not self.X:
                dout = dout @ w.T
                dout *= x > 0
                dout /= 1 - P
        return dws[::-1] + dbs[::-1]
