"""The keys of the layers' dicts: those that are known, and those that can only be a mistake.

A key that no layer reads is left alone: real code keeps notes of its own in these dicts, and hands
the dict of one layer to another. A slip of the pen (`Seed`) and another library's setting (`rate`)
are refused, since a layer that ignores them computes something else than its reader thinks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from layers.arguments import refuse

MAX_EDITS = 2

# What some layer of the course or of this package reads, or a cache holds.
KNOWN = frozenset((
    "p", "keep_prob", "mode", "seed", "rng", "store", "shared_axes",
    "time_axis", "granularity", "state_p", "block_size", "shape", "units", "dtype",
    "eps", "momentum", "running_mean", "running_var",
    "stride", "pad", "pool_height", "pool_width",
))


def _each(keys: str, remedy: str) -> dict[str, str]:
    return dict.fromkeys(keys.split(), remedy)


# Settings of PyTorch, TensorFlow, Keras, JAX, Paddle and Lasagne: what says the same here.
FOREIGN = {
    **_each("rate drop_rate dropout_rate drop_prob dropout_prob dropout dropout_p",
            "pass 'p', the probability of dropping"),
    **_each("keep_rate keep_ratio dropout_keep_ratio keep_probability retain_prob",
            "pass 'keep_prob', the probability of keeping"),
    **_each("noise_shape broadcast_dims",
            "pass 'shared_axes', the axes along which one decision is shared"),
    **_each("axis dim", "leave the key out: batchnorm and layernorm take x as (N, D), so move and "
            "reshape its axes; dropout takes 'shared_axes'"),
    **_each("normalized_shape", "leave the key out: layernorm takes x as (N, D), so reshape it"),
    **_each("epsilon variance_epsilon", "pass 'eps'"),
    **_each("decay", "pass 'momentum', the weight of the past"),
    **_each("moving_mean", "pass 'running_mean'"),
    **_each("moving_var moving_variance", "pass 'running_var'"),
    **_each("track_running_stats use_global_stats",
            "pass 'mode': 'test' uses the running averages, 'train' those of the batch"),
    **_each("affine elementwise_affine center",
            "leave the key out, and pass ones for gamma and zeros for beta"),
    **_each("training train is_training test_mode deterministic inference",
            "pass 'mode', 'train' or 'test'"),
    **_each("random_state generator random_seed rngs prng",
            "pass 'rng', a np.random.Generator or RandomState, or 'seed', an int"),
    **_each("padding padding_size pad_size", "pass 'pad', the zeros around the images"),
    **_each("kernel_size filter_size", "leave the key out: conv takes the size of its filters from "
            "w, and pooling 'pool_height' and 'pool_width'"),
    **_each("pool_size window window_size", "pass 'pool_height' and 'pool_width'"),
    **_each("dilation dilations groups", "leave the key out: filters here are dense, and see all "
            "channels"),
    **_each("inplace in_place", "leave the key out: no layer writes into its input"),
}


def checked_keys(
    param_name: str, param: object, remedy: str = "pass {...} with the keys of the layer"
) -> Mapping[str, Any]:
    """Return a layer's dict if it is one, and none of its keys is a slip or another library's.

    Parameters
    ----------
    param_name : str
        What the message calls the dict.
    param : object
    remedy : str
        What to pass where it is no dict.

    Raises
    ------
    TypeError
        If it is no dict.
    ValueError
        If a key is within two edits of a known one, or in the table of other libraries' settings.

    Examples
    --------
    >>> checked_keys("ln_param", {"mode": "train", "note": 1})
    {'mode': 'train', 'note': 1}
    >>> checked_keys("dropout_param", {"p": 0.5, "mode": "train", "Seed": 1})
    Traceback (most recent call last):
    ValueError: dropout_param: got the key 'Seed'; expected 'seed'. Remedy: rename ...
    """
    if type(param) is not dict and not isinstance(param, Mapping):
        refuse(param_name, param, "a dict", remedy, TypeError)
    if KNOWN.issuperset(param):
        return param
    for key in param:
        if key not in KNOWN and isinstance(key, str):
            _refuse_mistaken(param_name, key)
    return param


def _refuse_mistaken(param_name: str, key: str) -> None:
    if key in FOREIGN:
        refuse(param_name, f"the key {key!r} of another library", "the keys of these layers",
               FOREIGN[key])
    meant = nearest(key, KNOWN)
    if meant is not None:
        refuse(param_name, f"the key {key!r}", repr(meant), f"rename the key to {meant!r}")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is at most two edits away, whatever the case; None if none is.

    Two edits also part words that have nothing to do with each other, `note` and `mode`: they
    count only where the first letter is right. One letter at least must be: nothing but 'P' is
    taken for 'p'.

    Examples
    --------
    >>> nearest("momentun", KNOWN), nearest("STORE", KNOWN), nearest("layernorm", KNOWN)
    ('momentum', 'store', None)
    """
    word = word.casefold()
    edits, slipped, meant = min((edit_distance(word, other), word[:1] != other[0], other)
                                for other in known)
    allowed = MAX_EDITS - slipped
    return meant if edits <= min(allowed, len(meant) - 1) else None


def edit_distance(a: str, b: str) -> int:
    """Return how many letters to insert, delete or replace to get from one word to the other.

    References
    ----------
    Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals",
    Soviet Physics Doklady 10 (1966).

    Examples
    --------
    >>> edit_distance("sed", "seed"), edit_distance("mode", "modes"), edit_distance("p", "rate")
    (1, 1, 4)
    """
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        above, row = row, [i]
        for j, right in enumerate(b, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (left != right)))
    return row[-1]
