"""What can be wrong with a gradient: one finding, one file.

diagnose                Name the cause of a mismatch: an ordered table of hypotheses
explain                 What the codes of findings mean: `gradcheck explain CODE`.
explained               The form of an explanation: what a finding means
explained_contract      Explanations of the contract: what must hold before any number is compared.
explained_gradient      Explanations of gradients that are wrong as a whole.
explained_losses        Explanations of losses, of softmax, and of regularization in whole nets.
explained_masks         Explanations of masks and piecewise functions.
explained_normalization  Explanations of normalization layers.
explained_windows       Explanations of windows: convolution in one dimension
hypotheses_losses       Causes in losses over classes.
hypotheses_masks        Causes in what decides which units pass: dropout masks, relu's sign
hypotheses_nets         Causes in whole nets: the regularization of their weights
hypotheses_normalization  Causes in the backward of a normalization: batch, layer, instance
hypotheses_repairs      Causes found by repair: change one value
hypotheses_selection    Causes in layers whose outputs select one input each: max pooling, maxima
hypotheses_values       Causes in the values that a backward combines: a wrong sum, a transpose
hypotheses_whole        Causes that show in the gradient as a whole: zero, sign, factor, order
hypotheses_windows      Causes in layers that look through windows: convolution, averaging, padding.
lenses/                 What several rules look through.
view                    What a diagnosis may look at: the gradients, the arguments
"""
