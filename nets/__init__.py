"""Networks of `layers`: classifiers, the training loop, a tape with modules, studies.

Models and their training
-------------------------
fully_connected         FullyConnectedNet and TwoLayerNet
convolutional           ThreeLayerConvNet
recurrent               RecurrentClassifier
captioning              CaptioningRNN
architecture            the layers that a net is made of, and the arguments that choose them
solver                  the training loop of cs231n
solver_arguments        what it asks of its model, data and keywords
training_state          what its checkpoints hold: taken from a run, and put back
saving                  a net's parameters in a file
checkpoint              a nested dict in one npz file, without pickle
optim                   sgd, momentum, rmsprop, adam
data                    scikit-learn's digits
cifar10                 CIFAR-10 as cs231n loads and cuts it
preprocessing           split, scaling, label noise

Autograd
--------
tensor                  Tensor: an array that remembers what it went through
operators               its operators and methods
ops                     the pairs of functions behind them
broadcasting            broadcasting, and its way back
tape                    what is recorded, and the walk back through it
nn                      Linear, ReLU, BatchNorm1d, Sequential, CrossEntropyLoss
dropout_modules         Dropout and its family as modules
module                  Module and Parameter: found by name, saved, loaded

Studies
-------
experiment              digits with noisy labels, a net too large
convolution_experiment  the same with a convolutional net
recurrent_study         the same digits, read row by row; `recurrent`
sweep                   grids of experiments, resumable, on any number of workers
uncertainty             Monte Carlo dropout
variance_shift          dropout before a batch normalization
learning_curves         their picture
cli                     the options of the commands; `sweep` and `variance-shift`
__main__                `python -m nets`

What they share
---------------
arguments               what is asked of an argument, over and above `layers.arguments`
workers                 `workers` as in SciPy: a number of processes, or anything that maps.
conventions             how a net is told how much to drop: by p, or by what is kept
accuracy                The fraction of samples that a model classifies as their labels say.
divergence              Where a loss that is NaN or inf comes from: the data, a parameter
fingerprint             What a run is a run of: the options and data that a checkpoint may only ...
interruption            Ctrl-C during a training: the step ends, and nothing of the run is lost.
progress                tqdm's progress bar, loaded where one is shown
elementwise             What update rules compute element by element
regularization          L2 regularization of the weights
hyperparameters         What update rules are told: hyperparameters with their bounds
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING


def _check_layers() -> None:
    """Raise ImportError if `layers` is another module than the package that `nets` is built on.

    A file `layers.py` in the working folder comes before the package of that name.
    """
    found = find_spec("layers")
    folders = [] if found is None else list(found.submodule_search_locations or ())
    if any((Path(folder) / "masks.py").exists() for folder in folders):
        return
    got = "no such module" if found is None else found.origin or " and ".join(folders)
    raise ImportError(
        f"layers: got {got}; expected the package `layers` of maskgrad, which `nets` imports. "
        "Remedy: rename that file or folder, or run from another folder.", name="layers",
        path=None if found is None else found.origin,
    )


_check_layers()

from nets import nn  # noqa: E402
from nets.captioning import CaptioningRNN  # noqa: E402
from nets.convolutional import ThreeLayerConvNet  # noqa: E402
from nets.data import flip_labels, get_CIFAR10_data, load_CIFAR10, load_digits  # noqa: E402
from nets.fully_connected import FullyConnectedNet, TwoLayerNet  # noqa: E402
from nets.optim import adam, rmsprop, sgd, sgd_momentum  # noqa: E402
from nets.recurrent import RecurrentClassifier  # noqa: E402
from nets.solver import Solver  # noqa: E402
from nets.tensor import Tensor, no_grad  # noqa: E402
from nets.uncertainty import Prediction, mc_dropout  # noqa: E402

__all__ = [
    "CaptioningRNN",
    "FullyConnectedNet",
    "Prediction",
    "RecurrentClassifier",
    "Solver",
    "Tensor",
    "ThreeLayerConvNet",
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

if TYPE_CHECKING:
    from nets.sweep import run_sweep
    __version__: str
else:  # unseen by type checkers, which would believe in every name of the package otherwise
    def __getattr__(name: str) -> object:
        """Return what is loaded when it is asked for: the studies, and the version."""
        if name in ("sweep", "experiment"):
            return import_module(f"nets.{name}")
        if name == "run_sweep":
            return import_module("nets.sweep").run_sweep
        from layers.version import looked_up

        return looked_up("nets", name)
