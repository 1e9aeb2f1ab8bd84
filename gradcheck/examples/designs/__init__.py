"""What is looked at besides the first example, for each standard name: one concept, one file.

activations             Activations: at their kinks, and where an exponential overflows that ...
common                  Examples that nearly every layer has.
convolution             Convolutions: with and without padding, strides
dense                   Affine layers, and the blocks that begin with one.
dropping                Dropout of every kind: at another p, in test mode.
losses                  Losses: repeated labels, ties, one sample and many, scores that overflow
normalization           Normalizations: settings, statistics that are passed in, test mode
pooling                 Pooling: windows that tile and that overlap, higher than wide and square
recurrent               Recurrent layers and their steps, and what they are fed: one time step, many
attention               Attention: one sample and many, one key, keys that a query may not look at
"""

from __future__ import annotations

from gradcheck.examples.designs import (
    activations,
    attention,
    convolution,
    dense,
    dropping,
    losses,
    normalization,
    pooling,
    recurrent,
)
from gradcheck.examples.designs.common import ANY
from gradcheck.examples.variants import Variant

DESIGNS: dict[str, tuple[Variant, ...]] = {
    name: variants for concept in (activations, attention, convolution, dense, dropping, losses,
                                   normalization, pooling, recurrent)
    for name, variants in concept.DESIGNS.items()}


def design_of(name: str) -> tuple[Variant, ...]:
    """Return what is special about each further example of a layer or a loss.

    Examples
    --------
    >>> [variant.told for variant in design_of("word_embedding")][:2]
    ['with words that all but one are the same', 'with N = 1']
    """
    return DESIGNS.get(name, ANY)
