"""What `nets` must refuse."""

import numpy as np

from nets import FullyConnectedNet, Solver, TwoLayerNet, mc_dropout, nn, optim
from nets.data import fit_scaling, flip_labels, split
from nets.experiment import Experiment
from nets.sweep import run_sweep

from . import BadCall

NAN = float("nan")


def arguments(*args, **kwargs):
    """Return a maker: fresh arguments for each call, so that no case can spoil another."""
    return lambda: (args, kwargs)


def build(args, kwargs):
    return FullyConnectedNet(*args, **{"input_dim": 6, "num_classes": 4, **kwargs})


def net_case(name, words, error=ValueError, hidden_dims=(5,), **kwargs):
    return BadCall(f"net: {name}", build, arguments(hidden_dims, **kwargs), error, words)


def loss_after(change):
    """Build a net and samples, change them, and call the loss."""

    def call(_):
        net = FullyConnectedNet([5], input_dim=6, num_classes=4, use_batchnorm=True)
        sample = {"X": np.ones((3, 6)), "y": np.array([0, 1, 3])}
        change(net, sample)
        net.loss(sample["X"], sample["y"])

    return call


def loss_case(name, words, change, error=ValueError):
    return BadCall(f"loss: {name}", loss_after(change), lambda: (None,), error, words)


def put(key, value):
    return lambda net, sample: sample.__setitem__(key, value)


def poison(name):
    def change(net, sample):
        net.params[name] = net.params[name].copy()
        net.params[name].flat[0] = NAN

    return change


def set_reg(value):
    return lambda net, sample: setattr(net, "reg", value)


def dropout_seed(seed):
    def call(_):
        net = FullyConnectedNet([5], input_dim=6, num_classes=4, dropout=0.5)
        net.dropout_param["seed"] = seed
        net.loss(np.ones((3, 6)), np.array([0, 1, 3]))

    return call


def set_param(name, value):
    return lambda net, sample: net.params.__setitem__(name, value)


def data(**changes):
    part = {"X_train": np.ones((4, 6)), "y_train": np.zeros(4, int),
            "X_val": np.ones((2, 6)), "y_val": np.zeros(2, int)}
    part.update(changes)
    return {key: value for key, value in part.items() if value is not None}


def solve(args, kwargs):
    Solver(**{"model": TwoLayerNet(6, 5, 4), "data": data(), **kwargs})


def solver_case(name, words, error=ValueError, **kwargs):
    return BadCall(f"Solver: {name}", solve, arguments(**kwargs), error, words)


def accuracy(args, kwargs):
    Solver(TwoLayerNet(6, 5, 4), data()).check_accuracy(*args, **kwargs)


def accuracy_case(name, words, error=ValueError, X=None, y=(0, 1, 2), **kwargs):
    X = np.ones((3, 6)) if X is None else X
    y = np.array(y) if isinstance(y, tuple) else y
    return BadCall(f"check_accuracy: {name}", accuracy, arguments(X, y, **kwargs), error, words)


def step(rule):
    return lambda args, kwargs: rule(*args, **kwargs)


W = np.ones((2, 3))


def rule_case(rule, name, words, *args, error=ValueError, **config):
    return BadCall(f"{rule.__name__}: {name}", step(rule), arguments(*args, config=config), error,
                   words)


def plain_case(function, name, words, *args, error=ValueError, **kwargs):
    return BadCall(f"{function.__name__}: {name}", lambda a, k: function(*a, **k),
                   arguments(*args, **kwargs), error, words)


CASES = [
    net_case("no hidden layer", ("hidden_dims", "at least one"), hidden_dims=[]),
    net_case("a hidden layer of no units", ("hidden_dims[1]", "0", ">= 1"), hidden_dims=[3, 0]),
    net_case("a negative width", ("hidden_dims[0]", "-2"), hidden_dims=[-2]),
    net_case("a width that is a float", ("hidden_dims[0]", "2.5"), TypeError, hidden_dims=[2.5]),
    net_case("a bool for a width", ("hidden_dims[0]", "True"), TypeError, hidden_dims=[True]),
    net_case("a number for the widths", ("hidden_dims", "[100]"), TypeError, hidden_dims=100),
    net_case("input_dim 0", ("input_dim", ">= 1"), input_dim=0),
    net_case("num_classes negative", ("num_classes", "-1"), num_classes=-1),
    net_case("num_classes a string", ("num_classes", "'ten'"), TypeError, num_classes="ten"),
    net_case("dropout 1", ("dropout", "0 <= p < 1", "1 - k"), dropout=1),
    net_case("dropout above 1", ("dropout", "1.5"), dropout=1.5),
    net_case("dropout negative", ("dropout", "-0.1"), dropout=-0.1),
    net_case("dropout NaN", ("dropout", "nan"), dropout=NAN),
    net_case("dropout a string", ("dropout", "'0.5'"), TypeError, dropout="0.5"),
    net_case("dropout an array", ("dropout", "array"), TypeError, dropout=np.array([0.5, 0.5])),
    net_case("input_dropout 1", ("input_dropout", "0 <= p < 1"), input_dropout=1.0),
    net_case("keep ratio 0", ("dropout_keep_ratio", "keeping"), dropout_keep_ratio=0.0),
    net_case("keep ratio above 1", ("dropout_keep_ratio", "1.2"), dropout_keep_ratio=1.2),
    net_case("both conventions", ("dropout_keep_ratio", "one of the two"),
             dropout=0.5, dropout_keep_ratio=0.5),
    net_case("reg negative", ("reg", "-0.1", ">= 0"), reg=-0.1),
    net_case("reg NaN", ("reg", "nan"), reg=NAN),
    net_case("reg infinite", ("reg", "inf", "finite"), reg=np.inf),
    net_case("reg None", ("reg", "None"), TypeError, reg=None),
    net_case("weight_scale negative", ("weight_scale", "-1"), weight_scale=-1.0),
    net_case("weight_scale NaN", ("weight_scale", "nan"), weight_scale=NAN),
    net_case("an integer dtype", ("dtype", "floating"), TypeError, dtype=np.int64),
    net_case("no dtype", ("dtype", "None"), TypeError, dtype=None),
    net_case("an unknown dtype", ("dtype", "'float33'"), TypeError, dtype="float33"),
    net_case("normalization unknown", ("normalization", "'batchnorm'", "'layernorm'", "'bn'"),
             normalization="bn"),
    net_case("normalization of a wrong type", ("normalization", "True"), TypeError,
             normalization=True),
    net_case("two normalizations", ("normalization", "use_batchnorm"),
             normalization="layernorm", use_batchnorm=True),
    net_case("seed negative", ("seed", "-1"), seed=-1, dropout=0.5),
    net_case("seed a float", ("seed", "0.5"), TypeError, seed=0.5, dropout=0.5),
    *(net_case(f"seed {seed!r} without dropout", ("seed", ">= 0"), error, seed=seed)
      for seed, error in ((-1, ValueError), (1.5, TypeError), ("a", TypeError), (NAN, TypeError),
                          ([1], TypeError))),
    *(net_case(f"use_batchnorm {value!r}", ("use_batchnorm", "True or False"), TypeError,
               use_batchnorm=value) for value in ("yes", 1, None)),
    net_case("extended precision", ("dtype", "float64"), TypeError, dtype=np.longdouble),
    net_case("rng a seed", ("rng", "default_rng"), TypeError, rng=0),
    net_case("noise unknown", ("noise", "'dropout'", "'salt'"), noise="salt"),
    BadCall("TwoLayerNet: no hidden units", lambda: TwoLayerNet(hidden_dim=0), tuple, ValueError,
            ("hidden_dim", ">= 1")),
    loss_case("X of too few features", ("X", "(3, 5)", "= 6"), put("X", np.ones((3, 5)))),
    loss_case("X of one axis", ("X", "(6,)", "(N, d1"), put("X", np.ones(6))),
    loss_case("X a scalar", ("X", "()"), put("X", np.array(1.0))),
    loss_case("X of strings", ("X", "numbers"), put("X", np.full((3, 6), "a")), TypeError),
    loss_case("X complex", ("X", "complex"), put("X", np.ones((3, 6), complex)), TypeError),
    loss_case("y too short", ("y", "(2,)", "(3,)"), put("y", np.array([0, 1]))),
    loss_case("y of two axes", ("y", "(3, 1)", "(3,)"), put("y", np.zeros((3, 1), int))),
    loss_case("y one-hot floats", ("y", "float64", "integer"), put("y", np.eye(3, 4)), TypeError),
    loss_case("y a label too large", ("y", "4", "0 <= y < 4"), put("y", np.array([0, 1, 4]))),
    loss_case("y a negative label", ("y", "-1", "0 <= y < 4"), put("y", np.array([0, 1, -1]))),
    loss_case("NaN in W1", ("W1", "NaN"), poison("W1")),
    loss_case("NaN in b2", ("b2", "NaN"), poison("b2")),
    loss_case("NaN in gamma1", ("gamma1", "NaN"), poison("gamma1")),
    loss_case("reg made negative later", ("reg", "-1"), set_reg(-1)),
    loss_case("reg made NaN later", ("reg", "nan"), set_reg(NAN)),
    *(BadCall(f"loss: dropout seed made {seed!r} later", dropout_seed(seed), lambda: (None,), error,
              ("dropout_param['seed']", repr(seed), ">= 0"))
      for seed, error in ((-1, ValueError), ("a", TypeError), (1.5, TypeError))),
    loss_case("a parameter of another shape", ("W1", "(6, 4)", "(6, 5)"),
              set_param("W1", np.ones((6, 4)))),
    loss_case("a parameter of ints", ("W1", "int64"), set_param("W1", np.ones((6, 5), int)),
              TypeError),
    loss_case("a parameter gone", ("params", "'b1'"), lambda net, sample: net.params.pop("b1")),
    solver_case("an unknown keyword", ("learning_rate", "update_rule"), learning_rate=0.1),
    solver_case("an unknown rule", ("update_rule", "'adamw'", "'adam'"), update_rule="adamw"),
    solver_case("a rule that is no name", ("update_rule",), update_rule=optim.sgd),
    solver_case("a config that is no dict", ("optim_config", "0.1"), TypeError, optim_config=0.1),
    solver_case("batch_size 0", ("batch_size", ">= 1"), batch_size=0),
    solver_case("batch_size a float", ("batch_size", "10.0"), TypeError, batch_size=10.0),
    solver_case("num_epochs negative", ("num_epochs", "-1"), num_epochs=-1),
    solver_case("print_every 0", ("print_every", ">= 1"), print_every=0),
    solver_case("num_train_samples 0", ("num_train_samples",), num_train_samples=0),
    solver_case("lr_decay 0", ("lr_decay", "0 < lr_decay <= 1"), lr_decay=0.0),
    solver_case("lr_decay NaN", ("lr_decay", "nan"), lr_decay=NAN),
    solver_case("rng a seed", ("rng", "default_rng"), TypeError, rng=3),
    solver_case("a checkpoint in no folder", ("checkpoint_name", "nowhere"),
                checkpoint_name="nowhere/at/all/run"),
    solver_case("no validation data", ("data", "X_val", "y_val"),
                data=data(X_val=None, y_val=None)),
    solver_case("labels missing", ("y_train", "(3,)", "(4,)", "X_train"),
                data=data(y_train=np.zeros(3, int))),
    solver_case("an empty training set", ("X_train", "at least one"),
                data=data(X_train=np.empty((0, 6)), y_train=np.empty(0, int))),
    solver_case("no model", ("model", "None", "params"), TypeError, model=None),
    solver_case("a model without a loss", ("model", "loss"), TypeError, model=np.ones(3)),
    *(solver_case(f"y_{part} {text}", (f"y_{part}", *words), error, data=data(**{f"y_{part}": y}))
      for part, N in (("train", 4), ("val", 2)) for text, y, words, error in (
          ("negative", np.full(N, -1), ("0 <=",), ValueError),
          ("of floats", np.zeros(N), ("integer",), TypeError),
          ("of text", np.full(N, "a"), ("integer",), TypeError),
          ("a column", np.zeros((N, 1), int), (f"({N},)",), ValueError),
          ("a list", [0] * N, ("np.asarray",), TypeError),
          ("a number", 3, ("array",), TypeError))),
    BadCall("Solver: validation labels of classes that the model has not",
            lambda: Solver(TwoLayerNet(6, 5, 4), data(y_val=np.array([0, 4])),
                           verbose=False).train(),
            tuple, ValueError, ("y_val", "0 to 4", "< 4")),
    accuracy_case("labels of classes that the model has not", ("y", "0 to 4", "< 4"), y=(0, 1, 4)),
    *(solver_case(f"X_{part} {text}", (f"X_{part}", *words), error, data=data(**{f"X_{part}": X}))
      for part in ("train", "val") for text, X, words, error in (
          ("a list", [[1.0] * 6] * 2, ("np.asarray",), TypeError),
          ("a number", 3.0, ("array",), TypeError),
          ("of text", np.full((2, 6), "a"), ("numbers",), TypeError),
          ("an array without axes", np.array(3.0), ("(N, d1",), ValueError))),
    solver_case("data of None", ("X_val", "None"), TypeError, data={**data(), "X_val": None}),
    solver_case("a checkpoint without name", ("checkpoint_name", "''"), checkpoint_name=""),
    solver_case("a number for the checkpoint", ("checkpoint_name", "3"), TypeError,
                checkpoint_name=3),
    solver_case("a callback that is no function", ("callback", "'stop'"), TypeError,
                callback="stop"),
    *(solver_case(f"{rule} with {config}", ("optim_config", *words), error, update_rule=rule,
                  optim_config=config)
      for rule, config, words, error in (
          ("sgd", {"learning_rat": 0.1}, ("'learning_rat'", "learning_rate"), ValueError),
          ("sgd", {"momentum": 0.9}, ("'momentum'", "'sgd'"), ValueError),
          ("adam", {"lr": 0.1}, ("'lr'", "learning_rate"), ValueError),
          ("adam", {0: 0.1}, ("0", "beta1"), ValueError),
          ("rmsprop", {"decay_rate": 2}, ("decay_rate", "< 1"), ValueError),
          ("sgd", {"learning_rate": "fast"}, ("learning_rate", "'fast'"), TypeError))),
    accuracy_case("no labels", ("y", "integer"), TypeError, y=None),
    accuracy_case("labels missing", ("y", "(2,)", "(3,)"), y=(0, 1)),
    accuracy_case("float labels", ("y", "float64"), TypeError, y=(0.0, 1.0, 2.0)),
    accuracy_case("no samples", ("X", "at least one"), X=np.ones((0, 6)), y=np.empty(0, int)),
    accuracy_case("a list of samples", ("X", "np.asarray"), TypeError, X=[[1.0] * 6] * 3),
    *(accuracy_case(f"{name} {n}", (name, ">= 1"), **{name: n})
      for name in ("num_samples", "batch_size") for n in (0, -1)),
    accuracy_case("batch_size a float", ("batch_size", "2.0"), TypeError, batch_size=2.0),
    solver_case("data that are no dict", ("data", "X_train"), TypeError, data=[1, 2]),
    rule_case(optim.sgd, "dw of another shape", ("dw", "(3, 2)", "(2, 3)"), W, W.T),
    rule_case(optim.sgd, "w of ints", ("w", "int64"), W.astype(int), W, error=TypeError),
    rule_case(optim.sgd, "a negative rate", ("learning_rate", "-1"), W, W, learning_rate=-1.0),
    rule_case(optim.sgd, "a rate of NaN", ("learning_rate", "nan"), W, W, learning_rate=NAN),
    rule_case(optim.sgd_momentum, "momentum 1", ("momentum", "< 1"), W, W, momentum=1.0),
    rule_case(optim.sgd_momentum, "velocity of another shape", ("velocity", "(3, 2)"), W, W,
              velocity=W.T),
    rule_case(optim.rmsprop, "decay_rate above 1", ("decay_rate", "1.1"), W, W, decay_rate=1.1),
    rule_case(optim.rmsprop, "epsilon 0", ("epsilon", "> 0"), W, W, epsilon=0.0),
    rule_case(optim.adam, "beta1 1", ("beta1", "< 1"), W, W, beta1=1.0),
    rule_case(optim.adam, "beta2 a string", ("beta2", "'x'"), W, W, error=TypeError, beta2="x"),
    rule_case(optim.adam, "t negative", ("config['t']", "-1"), W, W, t=-1),
    BadCall("adam: a config that is no dict", lambda: optim.adam(W, W, 0.1), tuple, TypeError,
            ("config", "0.1")),
    plain_case(split, "lengths that differ", ("y", "4 labels"), np.ones((3, 2)),
               np.zeros(4, int), [1]),
    plain_case(split, "parts larger than the whole", ("sizes", "5", "at most 4"), np.ones((4, 2)),
               np.zeros(4, int), [3, 2]),
    plain_case(split, "a negative part", ("sizes", "-1"), np.ones((4, 2)), np.zeros(4, int), [-1]),
    plain_case(fit_scaling, "an unknown kind", ("kind", "'standard'"), np.ones((4, 2)), "minmax"),
    plain_case(fit_scaling, "no samples", ("X_train", "at least one"), np.ones((0, 2))),
    plain_case(flip_labels, "a fraction above 1", ("fraction", "1.5"), np.zeros(4, int), 1.5, 10),
    plain_case(flip_labels, "a fraction of NaN", ("fraction", "nan"), np.zeros(4, int), NAN, 10),
    plain_case(flip_labels, "one class", ("num_classes", ">= 2"), np.zeros(4, int), 0.5, 1),
    plain_case(flip_labels, "float labels", ("y", "float64"), np.zeros(4), 0.5, 10,
               error=TypeError),
    plain_case(flip_labels, "a label too large", ("y", "0 <= y < 10"), np.array([3, 10]), 0.5, 10),
    plain_case(mc_dropout, "no samples", ("samples", ">= 1"), TwoLayerNet(6, 5, 4), np.ones((2, 6)),
               samples=0),
    plain_case(mc_dropout, "X that does not fit", ("X", "= 6"), TwoLayerNet(6, 5, 4),
               np.ones((2, 5))),
    *(plain_case(mc_dropout, f"seed {seed!r}", ("seed", ">= 0"), TwoLayerNet(6, 5, 4),
                 np.ones((2, 6)), seed=seed, error=error)
      for seed, error in ((-1, ValueError), ("a", TypeError), (1.5, TypeError))),
    *(plain_case(mc_dropout, f"X {X!r}", ("X", "numbers"), TwoLayerNet(6, 5, 4), X,
                 error=TypeError) for X in ("a", None, 1.0, ["a", "b"])),
    plain_case(mc_dropout, "a function for a net", ("net", "FullyConnectedNet"), np.sum,
               np.ones((2, 6)), error=TypeError),
    plain_case(mc_dropout, "a module without classes", ("net", "(100, 3, 6)"), nn.ReLU(),
               np.ones((2, 3, 6))),
    plain_case(run_sweep, "an unknown field", ("grid", "'lr'", "learning_rate"), {"lr": [0.1]}),
    plain_case(run_sweep, "a value that is no list", ("grid['p']", "0.5"), {"p": 0.5},
               error=TypeError),
    plain_case(run_sweep, "no workers", ("workers", ">= 1"), {"p": [0.5]}, workers=0),
    plain_case(Experiment, "an unknown method", ("method", "'none'"), method="noise"),
    plain_case(Experiment, "no images left to test", ("samples", "1797"), samples=1797),
    plain_case(Experiment, "noise above 1", ("noise", "1.1"), noise=1.1),
]
