"""Networks of `layers`: fully-connected classifiers, update rules, the training loop, data."""

from nets._shadowing import check_layers

check_layers()

from nets import nn  # noqa: E402
from nets.autograd import Tensor, no_grad  # noqa: E402
from nets.data import flip_labels, get_CIFAR10_data, load_CIFAR10, load_digits  # noqa: E402
from nets.fully_connected import FullyConnectedNet, TwoLayerNet  # noqa: E402
from nets.optim import adam, rmsprop, sgd, sgd_momentum  # noqa: E402
from nets.solver import Solver  # noqa: E402
from nets.sweep import run_sweep  # noqa: E402
from nets.uncertainty import Prediction, mc_dropout  # noqa: E402

__all__ = [
    "FullyConnectedNet",
    "Prediction",
    "Solver",
    "Tensor",
    "TwoLayerNet",
    "adam",
    "flip_labels",
    "get_CIFAR10_data",
    "load_CIFAR10",
    "load_digits",
    "mc_dropout",
    "nn",
    "no_grad",
    "rmsprop",
    "run_sweep",
    "sgd",
    "sgd_momentum",
]
