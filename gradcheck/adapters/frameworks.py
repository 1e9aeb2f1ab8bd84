"""Other people's dropouts in this package's form, and Keras' functions as pairs.

Nothing is imported before it is asked for; what is not installed raises PeerMissing, which says
so. `gradcheck conformance [NAME ...]` prints which laws of dropout each framework keeps.

>>> from gradcheck.adapters.frameworks import PEERS
>>> sorted(PEERS)
['equinox', 'flax.linen', 'flax.nnx', 'keras', 'torch']
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.adapters.jax_functions import jax_function
from gradcheck.adapters.peers import Pair, PeerMissing, double_precision, peer
from gradcheck.adapters.torch_functions import torch_function
from gradcheck.arguments import Array, refuse
from gradcheck.mask_laws.implementation import DropoutImplementation, as_implementation


def is_training(param: dict[str, Any]) -> bool:
    """Return whether param asks for training mode; the frameworks take a flag, not a word."""
    if param["mode"] not in ("train", "test"):
        refuse("param['mode']", param["mode"], "'train' or 'test'", "pass one of these")
    return bool(param["mode"] == "train")


def torch_dropout() -> DropoutImplementation:
    """Return torch.nn.functional.dropout; backward is autograd's.

    Examples
    --------
    >>> from gradcheck.mask_laws.run import check_dropout
    >>> results = check_dropout(torch_dropout(), on_fail=None)  # doctest: +SKIP
    """
    torch = peer("torch")

    def forward(x: Array, param: dict[str, Any]) -> tuple[Array, Any]:
        tensor = torch.tensor(np.array(x)).requires_grad_()
        with torch.random.fork_rng(devices=[], enabled="seed" in param):
            if "seed" in param:
                torch.manual_seed(param["seed"])
            out = torch.nn.functional.dropout(tensor, param["p"], is_training(param))
        return out.detach().numpy(), (tensor, out)

    def backward(dout: Array, cache: Any) -> Array:
        tensor, out = cache
        (dx,) = torch.autograd.grad(out, tensor, torch.tensor(np.array(dout)), retain_graph=True)
        return np.asarray(dx)

    return DropoutImplementation(forward, backward, name="torch")


def keras_dropout() -> DropoutImplementation:
    """Return keras.layers.Dropout, on whatever backend Keras has.

    The layer is linear and its matrix diagonal, so that its gradient is the layer itself, applied
    to dout from the same state of its seed generator; NumPy's backend has no gradients.
    """
    keras = peer("keras")
    entropy = np.random.default_rng()
    unseeded: dict[Any, Any] = {}

    def layer_for(p: float, dtype: str, seed: int | None) -> Any:
        if seed is not None:
            return keras.layers.Dropout(p, dtype=dtype, seed=seed)
        if (p, dtype) not in unseeded:
            # Without any seed a layer on torch's backend leaves its state alone: no replay.
            unseeded[p, dtype] = keras.layers.Dropout(p, dtype=dtype,
                                                      seed=int(entropy.integers(2**31)))
        return unseeded[p, dtype]

    def call(layer: Any, x: Array, training: bool) -> Array:
        return np.asarray(keras.ops.convert_to_numpy(layer(np.array(x), training=training)))

    def forward(x: Array, param: dict[str, Any]) -> tuple[Array, Any]:
        p, training = param["p"], is_training(param)
        layer = layer_for(p, x.dtype.name, param.get("seed"))
        seeds = getattr(layer, "seed_generator", None)
        state = None if seeds is None else np.array(keras.ops.convert_to_numpy(seeds.state))
        return call(layer, x, training), (p, training, state)

    def backward(dout: Array, cache: Any) -> Array:
        p, training, state = cache
        layer = keras.layers.Dropout(p, dtype=dout.dtype.name, seed=0)
        if state is not None:
            layer.seed_generator.state.assign(state)
        return call(layer, dout, training)

    return DropoutImplementation(forward, backward, name="keras")


def _jax_dropout(name: str, layer: Callable[[Any, float, bool, Any], Any]) -> DropoutImplementation:
    """Wrap layer(x, p, training, key); backward is jax.vjp's."""
    jax = peer("jax")
    fresh = np.random.default_rng()

    def forward(x: Array, param: dict[str, Any]) -> tuple[Array, Any]:
        training = is_training(param)
        with double_precision(jax):
            key = (jax.random.key(param["seed"]) if "seed" in param else
                   jax.random.wrap_key_data(fresh.integers(2**32, size=2, dtype=np.uint32)))
            out, vjp = jax.vjp(lambda a: layer(a, param["p"], training, key), jax.numpy.array(x))
        return np.asarray(out), vjp

    def backward(dout: Array, vjp: Any) -> Array:
        with double_precision(jax):
            return np.asarray(vjp(jax.numpy.array(dout))[0])

    return DropoutImplementation(forward, backward, name=name)


def flax_linen_dropout() -> DropoutImplementation:
    """Return flax.linen.Dropout."""
    linen = peer("flax.linen")
    return _jax_dropout("flax.linen", lambda x, p, training, key: linen.Dropout(
        rate=p, deterministic=not training).apply({}, x, rngs={"dropout": key}))


def flax_nnx_dropout() -> DropoutImplementation:
    """Return flax.nnx.Dropout."""
    nnx = peer("flax.nnx")
    return _jax_dropout("flax.nnx", lambda x, p, training, key: nnx.Dropout(
        p, deterministic=not training, rngs=nnx.Rngs(dropout=key))(x))


def equinox_dropout() -> DropoutImplementation:
    """Return equinox.nn.Dropout."""
    equinox = peer("equinox")
    return _jax_dropout("equinox", lambda x, p, training, key: equinox.nn.Dropout(
        p, inference=not training)(x, key=key))


PEERS: dict[str, Callable[[], DropoutImplementation]] = {
    "torch": torch_dropout,
    "keras": keras_dropout,
    "flax.linen": flax_linen_dropout,
    "flax.nnx": flax_nnx_dropout,
    "equinox": equinox_dropout,
}


def dropout_named(name: str) -> DropoutImplementation:
    """Return a framework's dropout (`PEERS`), or that of an importable module.

    Parameters
    ----------
    name : str
        A key of `PEERS`, or a module with dropout_forward and dropout_backward.

    Raises
    ------
    PeerMissing
        It cannot be imported.
    """
    if name in PEERS:
        return PEERS[name]()
    return as_implementation(peer(name))


def keras_pair(function: Callable[..., Any]) -> Pair:
    """Turn a function of Keras tensors into (forward, backward); its backend must differentiate.

    Raises
    ------
    PeerMissing
        Keras is missing, or its backend is neither torch nor jax.
    """
    backend = peer("keras").backend.backend()
    pairs = {"torch": torch_function, "jax": jax_function}
    if backend not in pairs:
        raise PeerMissing(f"Keras runs on {backend!r}, through which no gradient can be had here. "
                          "Remedy: set KERAS_BACKEND=torch or jax before importing keras.")
    return pairs[backend](function)
