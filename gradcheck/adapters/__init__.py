"""Other people's functions in this package's form.

frameworks              The dropouts of torch, keras, flax and equinox.
assertion               `assert_gradients`: the diagnosis where a test of PyTorch's calls ...
autograd_functions      Functions of HIPS autograd, its primitives among them, as (forward
graphs                  One run of a function of tensors: torch's graph
jax_functions           Functions of JAX, those with a rule of their own among them, as (forward
peers                   The frameworks themselves: imported when they are asked for
positions               Which arguments of somebody's function are differentiated
torch_functions         Functions of torch, its autograd Functions and its modules as (forward
jax_rules               The rules of custom_vjp and custom_jvp, run as they stand
"""

from gradcheck.adapters.assertion import assert_gradients
from gradcheck.adapters.autograd_functions import autograd_function
from gradcheck.adapters.jax_functions import jax_function
from gradcheck.adapters.peers import PeerMissing
from gradcheck.adapters.torch_functions import torch_function, torch_module

__all__ = ["PeerMissing", "assert_gradients", "autograd_function", "jax_function",
           "torch_function", "torch_module"]
