"""The training loop: minibatches, update rules, accuracies, the best parameters, checkpoints."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from layers.arguments import Array
from nets.accuracy import accuracy
from nets.checkpoint import save_state
from nets.divergence import warn_of_divergence
from nets.fingerprint import fingerprint
from nets.interruption import held_back, interrupted
from nets.optim import UPDATE_RULES, Config, updated
from nets.progress import Bar, progress_bar
from nets.solver_arguments import checked_options, warn_of_a_fixed_mask
from nets.training_state import put_statistics, restore, running_statistics, training_state

_SECONDS_BEFORE_A_BAR = 2.0


class Solver:
    """Train a classifier by minibatch gradient descent.

    Parameters
    ----------
    model : object
        With ``model.params``, a dict of arrays, and ``model.loss(X, y)`` that returns
        ``(loss, grads)``, or the scores (N, C) where y is None.
    data : dict
        ``X_train``, ``y_train``, ``X_val``, ``y_val``.
    update_rule : {'sgd', 'sgd_momentum', 'rmsprop', 'adam'}
    optim_config : dict
        Hyperparameters of the rule; copied for each parameter. Default: those of `nets.optim`.
    lr_decay : float, default 1.0
        The learning rate is multiplied by it after each epoch.
    batch_size : int, default 100
        Samples in a minibatch, drawn with replacement.
    num_epochs : int, default 10
        An epoch is ``max(N // batch_size, 1)`` minibatches.
    num_train_samples, num_val_samples : int or None, default 1000 and None
        The accuracies are measured on so many samples drawn at random; None: on all.
    checkpoint_name : path, optional
        Each time the accuracies are measured, ``<checkpoint_name>_epoch_<n>.npz`` is written,
        and ``<checkpoint_name>_iteration_<n>.npz`` where Ctrl-C ends the run; see `resume`.
    print_every : int, default 10
        Iterations between two printed losses.
    verbose : bool, default True
        False prints nothing. Otherwise losses and accuracies are printed and a run of more than
        two seconds shows a progress bar, all of it on stdout.
    rng : numpy.random.Generator or RandomState, optional
        Draws minibatches and the samples of the accuracies. Default: NumPy's global generator, so
        that ``np.random.seed`` at the top of a notebook governs the run.
    callback : callable, optional
        ``callback(solver)``, called whenever the accuracies have been measured; it stops the
        training by raising StopIteration.

    Attributes
    ----------
    loss_history : list of float
        The loss of every minibatch.
    train_acc_history, val_acc_history : list of float
        Accuracy after the first iteration and after each epoch.
    best_params, best_val_acc : dict of arrays, float
        The parameters of the best validation accuracy. At the end of `train` they are put into
        the model, with the running statistics of batchnorm that belong to them.
    best_statistics : dict
        The running statistics of batchnorm that belong to `best_params`.
    epoch : int
        Epochs trained.
    iteration : int
        Minibatches trained within the current call of `train`.

    Raises
    ------
    ValueError, TypeError
        For an unknown keyword or update rule, an option out of range, or data that do not fit.

    Warns
    -----
    UserWarning
        Once, if the model's dropout seed is fixed: every step would train the same subnetwork.
    DivergenceWarning
        If a loss is NaN or inf: the training stops at this step, and the layer is named whose
        activations went first. The best parameters so far are put into the model.

    Notes
    -----
    The interface, the order of the draws and the printed lines are those of cs231n's Solver, so
    that published runs can be repeated. Checkpoints hold arrays and text only, no pickle.

    Examples
    --------
    >>> from nets import TwoLayerNet
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 4))
    >>> y = (X[:, 0] > 0).astype(int)
    >>> data = {'X_train': X[:40], 'y_train': y[:40], 'X_val': X[40:], 'y_val': y[40:]}
    >>> model = TwoLayerNet(input_dim=4, hidden_dim=8, num_classes=2, weight_scale=0.1)
    >>> solver = Solver(model, data, optim_config={'learning_rate': 0.5}, num_epochs=20,
    ...                 batch_size=10, verbose=False, rng=rng)
    >>> solver.train()
    >>> solver.best_val_acc > 0.8
    True
    """

    def __init__(self, model: Any, data: Mapping[str, Array], **kwargs: Any) -> None:
        options = checked_options(model, data, kwargs)
        self.model = model
        self.X_train, self.y_train = data["X_train"], data["y_train"]
        self.X_val, self.y_val = data["X_val"], data["y_val"]
        self.update_rule_name: str = options["update_rule"]
        self.update_rule = UPDATE_RULES[self.update_rule_name]
        self.optim_config = dict(options["optim_config"])
        self.lr_decay = float(options["lr_decay"])
        self.batch_size, self.num_epochs = options["batch_size"], options["num_epochs"]
        self.num_train_samples = options["num_train_samples"]
        self.num_val_samples = options["num_val_samples"]
        self.checkpoint_name = options["checkpoint_name"]
        self.print_every, self.verbose = options["print_every"], options["verbose"]
        self.rng, self.callback = options["rng"], options["callback"]
        self._reset()

    def _reset(self) -> None:
        self.epoch = 0
        self.best_val_acc = 0.0
        self.best_params: dict[str, Array] = {}
        self.loss_history: list[float] = []
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.optim_configs: dict[str, Config] = {
            name: dict(self.optim_config) for name in self.model.params
        }
        self.best_statistics: dict[str, dict[str, Any]] = {}
        self.iteration, self._warned = 0, False

    def train(self) -> None:
        """Train for `num_epochs` epochs, then put the best parameters into the model.

        Raises
        ------
        KeyboardInterrupt
            At Ctrl-C, once the step is done and a checkpoint is written; `train` again goes on.
        OSError
            If a checkpoint cannot be written; `train` again goes on.
        """
        if not self._warned:
            self._warned = warn_of_a_fixed_mask(self.model)
        per_epoch = max(len(self.X_train) // self.batch_size, 1)
        total = self.num_epochs * per_epoch
        with progress_bar(total=total, initial=self.iteration, desc="training", unit="it",
                          file=sys.stdout, delay=_SECONDS_BEFORE_A_BAR,
                          disable=not self.verbose) as bar, held_back() as pressed:
            while self.iteration < total:
                first = self.iteration == 0
                if not self._step():
                    break
                self.iteration += 1
                bar.update()
                if (self.iteration - 1) % self.print_every == 0:
                    self._say(bar, f"(Iteration {self.iteration} / {total}) "
                                   f"loss: {self.loss_history[-1]:f}")
                epoch_end = self.iteration % per_epoch == 0
                if epoch_end:
                    self._end_epoch()
                if (first or epoch_end) and self._measure(bar):
                    break
                if pressed.is_set():
                    self._interrupt(bar)
        self.iteration = 0
        self.model.params.update({name: w.copy() for name, w in self.best_params.items()})
        put_statistics(self.model, self.best_statistics)

    def check_accuracy(
        self, X: Array, y: Array, num_samples: int | None = None, batch_size: int = 100
    ) -> float:
        """Return the fraction of samples that the model classifies as `y` says.

        Parameters
        ----------
        X : ndarray, shape (N, ...)
        y : ndarray of ints, shape (N,)
        num_samples : int, optional
            Measure on so many samples, drawn with replacement, where N is larger.
        batch_size : int
            Samples a call of ``model.loss``.

        Raises
        ------
        ValueError, TypeError
            If X holds no sample, y is not one integer label a sample, or a count is below 1.
        """
        return accuracy(self.model, X, y, self._choice, num_samples, batch_size)

    def resume(self, path: str | Path) -> Solver:
        """Take up a run where a checkpoint left it; call `train` afterwards.

        With ``rng=`` in the Solver (and in the model, where it has dropout), the continued run
        repeats the uninterrupted one bit for bit. NumPy's global generator is not restored.

        Parameters
        ----------
        path : path
            A file that a Solver with the same model, options and data has written; or a folder
            or `checkpoint_name`, of whose files the newest is taken that is whole. `num_epochs`
            may be another: then the run goes on for longer.

        Returns
        -------
        Solver
            Itself.

        Raises
        ------
        FileNotFoundError
        ValueError
            If the file is damaged or no checkpoint, or belongs to another model, or to a run of
            other options or data (the first that differs is named).

        Warns
        -----
        UserWarning
            For each newer file that is damaged, and passed over.
        """
        restore(self, path)
        return self

    def _choice(self, N: int, size: int) -> Array:
        return (np.random if self.rng is None else self.rng).choice(N, size)

    @cached_property
    def fingerprint(self) -> dict[str, Any]:
        """What a checkpoint of this run may be resumed with: its options, hashes of its data."""
        return fingerprint(self)

    def _step(self) -> bool:
        """Take a step; False where the loss is not finite, and none could be taken."""
        chosen = self._choice(len(self.X_train), self.batch_size)
        X, y = self.X_train[chosen], self.y_train[chosen]
        loss, grads = self.model.loss(X, y)
        self.loss_history.append(float(loss))
        if not math.isfinite(loss):
            warn_of_divergence(self.model, X, y, float(loss), self.iteration + 1)
            return False
        grads = dict(grads)  # the model's own stays as it is
        for name, w in self.model.params.items():
            self.model.params[name], self.optim_configs[name] = updated(
                self.update_rule, w, grads, name, self.optim_configs[name])
        return True

    def _end_epoch(self) -> None:
        self.epoch += 1
        for config in self.optim_configs.values():
            config["learning_rate"] *= self.lr_decay

    def _measure(self, bar: Bar) -> bool:
        """Measure the accuracies, keep the best, write a checkpoint; True: stop here."""
        train_acc = accuracy(self.model, self.X_train, self.y_train, self._choice,
                             self.num_train_samples, part="_train")
        val_acc = accuracy(self.model, self.X_val, self.y_val, self._choice,
                           self.num_val_samples, part="_val")
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        self._say(bar, f"(Epoch {self.epoch} / {self.num_epochs}) "
                       f"train acc: {train_acc:f}; val_acc: {val_acc:f}")
        if not self.best_params or val_acc > self.best_val_acc:
            self.best_val_acc = val_acc
            self.best_params = {name: w.copy() for name, w in self.model.params.items()}
            self.best_statistics = running_statistics(self.model)
        self._save(bar, f"epoch_{self.epoch}")
        if self.callback is not None:
            try:
                self.callback(self)
            except StopIteration:
                return True
        return False

    def _save(self, bar: Bar, when: str) -> None:
        if self.checkpoint_name is not None:
            path = f"{self.checkpoint_name}_{when}.npz"
            self._say(bar, f'Saving checkpoint to "{path}"')
            save_state(path, training_state(self))

    def _interrupt(self, bar: Bar) -> NoReturn:
        self._save(bar, f"iteration_{self.iteration}")
        raise interrupted(self.iteration, self.checkpoint_name)

    def _say(self, bar: Bar, line: str) -> None:
        if not self.verbose:
            return
        if bar.last_print_t > bar.start_t:  # the bar is on the screen: write above it
            bar.write(line, file=sys.stdout)
        else:
            print(line)
