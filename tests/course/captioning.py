"""What the captioning notebooks import besides layers and a net: data, their helpers, a solver.

The course hands these out ready-made. The captions and features here are made, of COCO's shapes: a
caption is a start, some of a thousand words, an end, and filling; features tell images apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nets import optim

SPECIAL = ("<NULL>", "<START>", "<END>", "<UNK>")
WORDS, LENGTH, FEATURES = 1004, 17, 512
CAPTIONS = {"train": 400, "val": 100}


def load_coco_data(
    base_dir: str = "", max_train: int | None = None, pca_features: bool = True
) -> dict[str, Any]:
    """Return made captions of two splits, with features, addresses of images and a vocabulary.

    Examples
    --------
    >>> data = load_coco_data(max_train=50)
    >>> data["train_captions"].shape, data["train_features"].shape
    ((50, 17), (400, 512))
    """
    rng = np.random.default_rng(0)
    words = [*SPECIAL, *(f"word{i}" for i in range(WORDS - len(SPECIAL)))]
    data: dict[str, Any] = {"idx_to_word": words,
                            "word_to_idx": {word: i for i, word in enumerate(words)}}
    for split, count in CAPTIONS.items():
        data[f"{split}_captions"] = np.array([_caption(rng) for _ in range(count)])
        data[f"{split}_image_idxs"] = np.arange(count)
        data[f"{split}_features"] = rng.standard_normal((count, FEATURES)).astype(np.float32)
        data[f"{split}_urls"] = np.array([f"{split}/{i}" for i in range(count)])
    if max_train is not None:
        chosen = np.random.randint(CAPTIONS["train"], size=max_train)
        for key in ("train_captions", "train_image_idxs"):
            data[key] = data[key][chosen]
    return data


def _caption(rng: np.random.Generator) -> np.ndarray:
    said = rng.integers(len(SPECIAL), WORDS, size=rng.integers(5, LENGTH - 2))
    caption = np.zeros(LENGTH, int)
    caption[0], caption[1:len(said) + 1], caption[len(said) + 1] = 1, said, 2
    return caption


def sample_coco_minibatch(
    data: Mapping[str, Any], batch_size: int = 100, split: str = "train"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return captions, the features of their images, and where these are."""
    chosen = np.random.choice(len(data[f"{split}_captions"]), batch_size)
    images = data[f"{split}_image_idxs"][chosen]
    return (data[f"{split}_captions"][chosen], data[f"{split}_features"][images],
            data[f"{split}_urls"][images])


def decode_captions(captions: np.ndarray, idx_to_word: Any) -> Any:
    """Return the words of a caption up to its end, or those of several.

    Examples
    --------
    >>> decode_captions(np.array([1, 3, 2, 0]), SPECIAL)
    '<START> <UNK> <END>'
    """
    if captions.ndim > 1:
        return [decode_captions(caption, idx_to_word) for caption in captions]
    words = [idx_to_word[word] for word in captions]
    until = words.index("<END>") + 1 if "<END>" in words else len(words)
    return " ".join(word for word in words[:until] if word != "<NULL>")


def image_from_url(url: str) -> np.ndarray:
    """Return a grey picture: nothing is fetched."""
    return np.full((4, 4, 3), 0.5)


class CaptioningSolver:
    """Train a CaptioningRNN by minibatches of captions, as the course's class of that name."""

    def __init__(
        self, model: Any, data: Mapping[str, Any], *, update_rule: str = "sgd",
        optim_config: Mapping[str, Any] | None = None, lr_decay: float = 1.0,
        batch_size: int = 100, num_epochs: int = 10, print_every: int = 10, verbose: bool = True,
    ) -> None:
        self.model, self.data = model, data
        self.update_rule = getattr(optim, update_rule)
        self.configs = {name: dict(optim_config or {}) for name in model.params}
        self.lr_decay, self.batch_size, self.num_epochs = lr_decay, batch_size, num_epochs
        self.print_every, self.verbose = print_every, verbose
        self.loss_history: list[float] = []

    def train(self) -> None:
        """Make the steps of all epochs; after each epoch the learning rate shrinks."""
        an_epoch = max(len(self.data["train_captions"]) // self.batch_size, 1)
        steps = self.num_epochs * an_epoch
        for step in range(steps):
            captions, features, _ = sample_coco_minibatch(self.data, self.batch_size)
            loss, grads = self.model.loss(features, captions)
            self.loss_history.append(loss)
            for name, w in self.model.params.items():
                self.model.params[name], self.configs[name] = self.update_rule(
                    w, grads[name], self.configs[name])
            if self.verbose and step % self.print_every == 0:
                print(f"(Iteration {step + 1} / {steps}) loss: {loss:f}")
            if (step + 1) % an_epoch == 0:
                for config in self.configs.values():
                    config["learning_rate"] *= self.lr_decay
