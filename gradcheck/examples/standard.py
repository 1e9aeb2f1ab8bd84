"""Example arguments for the field's standard layer names, as data.

Every entry names the parameters of `<name>_forward` (or of `<name>_loss`) in their usual order
with a recipe for each. Sizes in one entry are pairwise distinct where the layer allows it, so
that a factor of 1/N cannot be mistaken for 1/D, nor one axis for another.
"""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.examples.recipes import Entry, coins, integers, normal, spread, uniform
from gradcheck.examples.recipes import each as _each


@dataclass(frozen=True)
class Otherwise:
    """Other arguments for a layer, and when they are tried instead of the first ones.

    Attributes
    ----------
    entry : mapping
        What is changed of the layer's own entry.
    when : {'refused', 'demanded', 'shaped'}
        Forward raised at all before; it raised with a ``raise`` or an ``assert`` of its own, so
        that it knows what it demands; or a gradient or the output had another shape, where that
        shape is a convention.
    """

    entry: Entry
    when: str = "refused"


DROPOUT = {"mode": "train", "p": 0.3, "seed": 123}
TRAIN = {"mode": "train"}
CONV = {"stride": 2, "pad": 1}
POOL = {"pool_height": 2, "pool_width": 3, "stride": 2}

X = {"x": normal(4, 6)}
AFFINE = {"x": normal(4, 2, 3), "w": normal(6, 5), "b": normal(5)}
NORM = {"x": normal(4, 6), "gamma": normal(6), "beta": normal(6)}
AFFINE_NORM = {**AFFINE, "gamma": normal(5), "beta": normal(5)}
IMAGES = {"x": normal(3, 2, 7, 6)}
KERNEL = {"w": normal(5, 2, 3, 4), "b": normal(5)}
SPATIAL_NORM = {"x": normal(3, 6, 2, 5), "gamma": normal(6), "beta": normal(6)}
GROUP_NORM = {**SPATIAL_NORM, "G": 2, "gn_param": {}}
POOLED = {"x": spread(3, 2, 8, 7), "pool_param": POOL}
DROPPED = {"x": normal(7, 5), "dropout_param": DROPOUT}
WEIGHTS_RNN = {"Wx": normal(4, 5), "Wh": normal(5, 5), "b": normal(5)}
WEIGHTS_LSTM = {"Wx": normal(4, 20), "Wh": normal(5, 20), "b": normal(20)}
WEIGHTS_GRU = {"Wx": normal(4, 15), "Wh": normal(5, 15), "b": normal(15)}
TWO_GATES = {"Wx": normal(4, 10), "Wh": normal(5, 10), "bh": normal(10), "Wxt": normal(4, 5),
             "Wht": normal(5, 5), "bht": normal(5)}
ATTENTION = {"query": normal(3, 4, 6), "key": normal(3, 7, 6), "value": normal(3, 7, 5)}
HEADS = {"query": normal(3, 4, 5), "key": normal(3, 7, 5), "value": normal(3, 7, 5),
         **{name: normal(5, 6) for name in ("Wq", "Wk", "Wv")}, "Wo": normal(6, 4),
         **{name: normal(6) for name in ("bq", "bk", "bv")}, "bo": normal(4), "num_heads": 2}
CLASSES = {"x": normal(4, 6), "y": integers(6, 4)}
LINEAR_CLASSIFIER = {"W": normal(6, 5), "X": normal(4, 6), "y": integers(5, 4), "reg": 0.3}

LINEAR = "linear dense fc fully_connected"
ELEMENTWISE = (
    "relu leaky_relu lrelu sigmoid tanh gelu elu selu celu softplus softsign silu swish mish relu6 "
    "hard_sigmoid hardsigmoid hard_tanh hardtanh hard_swish hardswish log_sigmoid logsigmoid "
    "square cube abs sin cos exp identity softmax log_softmax logsoftmax l2_normalize"
)

LAYERS: dict[str, Entry] = {
    **_each(ELEMENTWISE, X),
    **_each("log sqrt reciprocal", {"x": uniform(0.5, 3.0, 4, 6)}),
    "flatten": {"x": normal(4, 2, 3)},
    "prelu": {"x": normal(4, 6), "alpha": uniform(0.1, 0.4, 6)},
    **_each("affine affine_relu affine_sigmoid affine_tanh", AFFINE),
    **_each(LINEAR, {**AFFINE, "x": normal(4, 6)}),
    "affine_bn_relu": {**AFFINE_NORM, "bn_param": TRAIN},
    "affine_batchnorm_relu": {**AFFINE_NORM, "bn_param": TRAIN},
    "affine_ln_relu": {**AFFINE_NORM, "ln_param": {}},
    "affine_layernorm_relu": {**AFFINE_NORM, "ln_param": {}},
    "affine_dropout": {**AFFINE, "dropout_param": DROPOUT},
    "affine_relu_dropout": {**AFFINE, "dropout_param": DROPOUT},
    "affine_bn_relu_dropout": {**AFFINE_NORM, "bn_param": TRAIN, "dropout_param": DROPOUT},
    "affine_ln_relu_dropout": {**AFFINE_NORM, "ln_param": {}, "dropout_param": DROPOUT},
    **_each("batchnorm batch_norm bn", {**NORM, "bn_param": TRAIN}),
    **_each("layernorm layer_norm ln", {**NORM, "ln_param": {}}),
    **_each("rmsnorm rms_norm", {"x": normal(4, 6), "gamma": normal(6)}),
    "spatial_batchnorm": {**SPATIAL_NORM, "bn_param": TRAIN},
    **_each("instancenorm instance_norm", {**SPATIAL_NORM, "in_param": {}}),
    **_each("groupnorm group_norm", GROUP_NORM),
    "spatial_groupnorm": {**GROUP_NORM, "gamma": normal(1, 6, 1, 1), "beta": normal(1, 6, 1, 1)},
    **_each("conv conv2d conv_relu", {**IMAGES, **KERNEL, "conv_param": CONV}),
    "conv_bn_relu": {**IMAGES, **KERNEL, "gamma": normal(5), "beta": normal(5),
                     "conv_param": CONV, "bn_param": TRAIN},
    "conv_relu_spatial_dropout": {**IMAGES, **KERNEL, "conv_param": CONV, "dropout_param": DROPOUT},
    "conv_relu_pool": {"x": normal(3, 2, 7, 8), "w": normal(5, 2, 3, 3), "b": normal(5),
                       "conv_param": {"stride": 1, "pad": 1},
                       "pool_param": {"pool_height": 3, "pool_width": 2, "stride": 2}},
    **_each("max_pool maxpool max_pool2d", POOLED),
    **_each("avg_pool avgpool avg_pool2d mean_pool", POOLED),
    "pool": {"x": spread(3, 8, 7, 2), "pool_param": {"f": 2, "stride": 2}},
    **_each("dropout inverted_dropout vanilla_dropout gaussian_dropout alpha_dropout", DROPPED),
    **_each("spatial_dropout dropout2d feature_alpha_dropout",
            {**DROPPED, "x": normal(3, 4, 2, 5)}),
    "dropout1d": {**DROPPED, "x": normal(3, 4, 5)},
    "dropout3d": {**DROPPED, "x": normal(3, 4, 2, 5, 6)},
    **_each("locked_dropout variational_dropout", {**DROPPED, "x": normal(3, 6, 5)}),
    **_each("stochastic_depth drop_path", {**DROPPED, "x": normal(7, 3, 2)}),
    "dropblock": {"x": normal(2, 3, 7, 8), "dropout_param": {**DROPOUT, "block_size": 3}},
    **_each("dropconnect_affine dropconnect", {**AFFINE, "dropout_param": DROPOUT}),
    "rnn_step": {"x": normal(3, 4), "prev_h": normal(3, 5), **WEIGHTS_RNN},
    "rnn": {"x": normal(3, 2, 4), "h0": normal(3, 5), **WEIGHTS_RNN},
    "lstm_step": {"x": normal(3, 4), "prev_h": normal(3, 5), "prev_c": normal(3, 5),
                  **WEIGHTS_LSTM},
    "lstm": {"x": normal(3, 2, 4), "h0": normal(3, 5), **WEIGHTS_LSTM},
    "gru_step": {"x": normal(3, 4), "prev_h": normal(3, 5), **WEIGHTS_GRU},
    "gru": {"x": normal(3, 2, 4), "h0": normal(3, 5), **WEIGHTS_GRU},
    "word_embedding": {"x": integers(7, 4, 3), "W": normal(7, 5)},
    "temporal_affine": {"x": normal(3, 2, 4), "w": normal(4, 5), "b": normal(5)},
    **_each("scaled_dot_product_attention dot_product_attention attention", ATTENTION),
    "multi_head_attention": HEADS,
}

# The numbers that activations take, beside their input.
ACTIVATION = {"alpha": 0.1, "slope": 0.1, "negative_slope": 0.1, "a": 0.1, "leak": 0.1, "beta": 1.5,
              "scale": 1.1, "lambd": 0.5, "threshold": 0.2, "min_val": -1.0, "max_val": 1.0}
# Single numbers for parameters, by the layer's name: they stand in none of its dicts.
NUMBERS: dict[str, Entry] = {
    **_each(ELEMENTWISE, ACTIVATION),
    **_each("max_pool maxpool max_pool2d avg_pool avgpool avg_pool2d mean_pool",
            {"window": 2, "k": 2, "f": 2}),
}
# These leave the shape of their input as it is: where one does not, the arguments were no good.
SHAPE_KEEPING = frozenset({*ELEMENTWISE.split(), *(
    name for name in LAYERS if "norm" in name.replace("normalize", "") or name in ("bn", "ln"))
    } - {name for name in LAYERS if name.startswith(("affine", "conv"))})

FLAT = Otherwise({"x": normal(4, 6)})
BY_ROW = Otherwise({"x": normal(4, 6), "w": normal(5, 6)})
BY_COLUMN = Otherwise({"x": normal(6, 4), "w": normal(5, 6), "b": normal(5, 1)})
BIAS_IN_A_ROW = Otherwise({"x": normal(4, 6), "b": normal(1, 5)}, "shaped")
GAIN_IN_A_ROW = Otherwise({"gamma": normal(1, 6), "beta": normal(1, 6)}, "shaped")
# Gains that broadcast as they stand, and sequences.
GROUP_NORMS = (
    Otherwise({"gamma": normal(1, 6, 1, 1), "beta": normal(1, 6, 1, 1)}),
    Otherwise({"x": normal(3, 6, 5)}),
    Otherwise({"x": normal(3, 6, 5), "gamma": normal(1, 6, 1), "beta": normal(1, 6, 1)}))
# The course's own: sizes that divide, windows and images that are square.
TILED = {"pool_height": 2, "pool_width": 2, "stride": 2}
SAME = {"stride": 1, "pad": 1}
# Zeros on both sides together are what some count.
BOTH_SIDES = Otherwise({"conv_param": {"stride": 2, "pad": 2}})
SMALL_KERNEL = {"w": normal(3, 2, 3, 3), "b": normal(3)}
CONVS = (
    Otherwise({"b": normal(5, 1)}),
    BOTH_SIDES,
    Otherwise({"x": normal(3, 7, 6, 2), "w": normal(5, 3, 4, 2)}),
    Otherwise({"x": normal(3, 7, 6, 2), "w": normal(3, 4, 2, 5)}),
    Otherwise({"x": normal(3, 7, 5, 2), "w": normal(3, 3, 2, 6), "b": normal(1, 1, 1, 6)}),
    *(Otherwise({"x": normal(4, 2, *size), **SMALL_KERNEL, **bias, "conv_param": SAME}, "demanded")
      for size in ((5, 6), (5, 5)) for bias in ({}, {"b": normal(3, 1)})),
)
POOLS = tuple(Otherwise({"x": spread(3, 2, *size), "pool_param": TILED}, "demanded")
              for size in ((8, 6), (8, 8)))
SAME_LENGTHS = Otherwise({name: normal(4, 6) for name in ATTENTION})
# The course's first edition: classes in rows, samples in columns.
BY_CLASS = Otherwise({"W": normal(5, 6), "X": normal(6, 4), "y": integers(5, 4), "reg": 0.3})
# What to try next, in this order, where the arguments above do not do.
OTHERWISE: dict[str, tuple[Otherwise, ...]] = {
    **{name: (FLAT, BY_ROW) for name, entry in LAYERS.items()
       if "w" in entry and "conv_param" not in entry and not name.startswith("temporal")},
    "affine": (FLAT, BY_ROW, BY_COLUMN),
    **_each(LINEAR, (BY_ROW, BY_COLUMN, BIAS_IN_A_ROW)),
    **_each("batch_norm layer_norm rms_norm bn ln", (GAIN_IN_A_ROW,)),
    "spatial_batchnorm": (Otherwise({"gamma": normal(1, 6, 1, 1), "beta": normal(1, 6, 1, 1)}),),
    **_each("groupnorm group_norm", GROUP_NORMS),
    "spatial_groupnorm": (Otherwise({"gamma": normal(6), "beta": normal(6)}, "shaped"),),
    **_each("conv conv2d conv_relu", CONVS),
    "conv_relu_pool": (Otherwise({"conv_param": {"stride": 1, "pad": 2}}), *(Otherwise({
        "x": normal(3, 2, *size), "conv_param": SAME, "pool_param": TILED}, "demanded")
        for size in ((8, 6), (8, 8)))),
    **_each("max_pool maxpool max_pool2d avg_pool avgpool avg_pool2d mean_pool", POOLS),
    "pool": (Otherwise(POOLED), *POOLS),
    "prelu": (Otherwise({"alpha": uniform(0.1, 0.4)}, "shaped"),),
    **_each("scaled_dot_product_attention dot_product_attention attention", (SAME_LENGTHS,)),
    **_each("svm_loss_naive svm_loss_vectorized softmax_loss_naive softmax_loss_vectorized "
            "linear_softmax_loss linear_svm_loss", (BY_CLASS,)),
    "gru_step": (Otherwise(TWO_GATES),),
    "gru": (Otherwise(TWO_GATES),),
}

LINEAR_LOSSES = "svm_loss_naive svm_loss_vectorized softmax_loss_naive softmax_loss_vectorized"
# These return their gradient, too: the course says so.
COURSE_LOSSES = frozenset({"softmax_loss", "svm_loss", "temporal_softmax_loss",
                           *LINEAR_LOSSES.split()})
LOSSES: dict[str, Entry] = {
    **_each("softmax_loss svm_loss cross_entropy_loss hinge_loss", CLASSES),
    "nll_loss": {"x": uniform(0.1, 0.9, 4, 6), "y": integers(6, 4)},
    **_each(LINEAR_LOSSES, LINEAR_CLASSIFIER),
    **_each("linear_softmax_loss linear_svm_loss", LINEAR_CLASSIFIER),
    **_each("mse_loss l2_loss l1_loss mae_loss huber_loss smooth_l1_loss",
            {"x": normal(4, 6), "y": normal(4, 6)}),
    **_each("bce_loss binary_cross_entropy_loss",
            {"x": uniform(0.1, 0.9, 4, 6), "y": coins(float, 4, 6)}),
    **_each("bce_with_logits_loss sigmoid_loss logistic_loss",
            {"x": normal(4, 6), "y": coins(float, 4, 6)}),
    "temporal_softmax_loss": {"x": normal(3, 2, 5), "y": integers(5, 3, 2),
                              "mask": coins(bool, 3, 2)},
}

ALIASES = {
    **dict.fromkeys(("X", "z", "Z", "a", "A", "A_prev", "inputs", "input", "inp"), "x"),
    **dict.fromkeys(("W", "weight", "weights"), "w"),
    **dict.fromkeys(("Y", "t", "labels", "target", "targets", "y_true"), "y"),
    "bias": "b",
    **dict.fromkeys(("q", "Q", "queries"), "query"), **dict.fromkeys(("k", "K", "keys"), "key"),
    **dict.fromkeys(("v", "V", "values"), "value"),
    **dict.fromkeys(("train", "is_training", "is_train", "train_flg", "train_mode"), "training"),
    **dict.fromkeys(("lam", "lamb", "lambda_", "lambd", "reg_strength", "l2", "l2_reg",
                     "regularization_strength", "weight_decay"), "reg"),
    **dict.fromkeys(("norm_type", "normalization", "norm"), "normalization"),
    "padding": "pad", **dict.fromkeys(("strides", "pool_stride", "conv_stride"), "stride"),
    **dict.fromkeys(("pool_h", "pool_H", "height", "kernel_height"), "pool_height"),
    **dict.fromkeys(("pool_w", "pool_W", "width", "kernel_width"), "pool_width"),
    **dict.fromkeys(("pool_size", "kernel_size", "ksize", "filter_size", "size"), "window"),
}
# Names of probabilities are many.
PROBABILITIES = (
    (r"rate|(p|prob|rate|ratio)_?drop(out)?|drop(out)?(_?(p|prob|probability|rate|ratio))?", "p"),
    (r"(p|prob)_?keep|keep(_?(p|prob|probability|rate|ratio))?|keepprob", "keep_prob"),
)

GUESSES: Entry = {
    "bn_param": TRAIN, "ln_param": {}, "gn_param": {}, "dropout_param": DROPOUT,
    "conv_param": CONV, "pool_param": TILED, "param": DROPOUT,
    "p": 0.3, "keep_prob": 0.7, "training": True, "mode": "train", "seed": 123,
    "alpha": 0.1, "slope": 0.1, "negative_slope": 0.1, "eps": 1e-5, "epsilon": 1e-5,
    "momentum": 0.9, "axis": -1, "stride": 1, "pad": 1, "padding": 1, "reg": 0.3,
    "activation": "relu", "G": 2, "groups": 2, "num_heads": 2, "n_heads": 2, "temperature": 2.0,
    "tau": 2.0, "normalization": "batchnorm", "window": 2, "dilation": 1, "decay": 0.9,
    "margin": 1.0, "delta": 1.0, "causal": False, "verbose": False, "block_size": 3,
}
