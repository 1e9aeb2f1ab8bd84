"""What can be wrong with a gradient: one finding, one file.

`rule` is the form of a finding; the families' folders hold one file a code, with its texts, clues
and example programs (whose shared halves are `given`). `registry` discovers them. A clue looks at a
`view` of one argument of a `case`, through `lenses` that several rules share. `diagnose` asks the
clues, `told` puts the contract's breaches into words, `explain` shows a finding's texts.

case                    One check whose numbers disagree: all that a diagnosis may ask of the layer.
contract/               What must hold before a number counts.
diagnose                Name the cause of every mismatch: the rules are asked tier by tier
explain                 What the codes of findings mean: `gradcheck explain CODE`.
given                   Halves of example programs that several findings share
lenses/                 What several rules look through.
losses/                 Slips in losses over classes, and in the softmax.
masks/                  What decides which units pass: dropout masks, relu's sign, leaky slopes.
normalization/          Slips in the backward of a normalization.
registry                Every rule, found in the families' folders
regularization/         A penalty that loss and gradient hold differently.
rule                    The form of a finding: its code, what it means, how it is recognised
smaller                 A smaller example of the same layer, where the one at hand is too large ...
told                    The contract's breaches in words.
values/                 Values, settings and accuracy rather than derivatives.
view                    What a rule may look at: the two gradients of one argument
whole/                  The gradient as a whole: zero, sign, factor, order, lost or moved parts.
windows/                Convolution, pooling, padding.
contrast                What is particular about arguments at which a layer is wrong
"""
