"""Networks of `layers`: fully-connected classifiers, update rules, the training loop, data."""

from nets import nn
from nets.autograd import Tensor, no_grad
from nets.data import flip_labels, get_CIFAR10_data, load_CIFAR10, load_digits
from nets.fully_connected import FullyConnectedNet, TwoLayerNet
from nets.optim import adam, rmsprop, sgd, sgd_momentum
from nets.solver import Solver
from nets.sweep import run_sweep
from nets.uncertainty import Prediction, mc_dropout

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
