"""Recurrent layers and their steps, and what they are fed: one time step, many, one sample."""

from __future__ import annotations

from gradcheck.examples.designs.common import BASIS, FINITE, MANY, ONE, ZEROS
from gradcheck.examples.recipes import each, normal, shared
from gradcheck.examples.variants import Variant

STEPS = (Variant("with one time step", {"x": normal(3, 1, 4)}),
         Variant("with 6 time steps", {"x": normal(3, 6, 4)}))
# Where a layer drops units of its own.
STEPWISE = {"mode": "train", "p": 0.3, "seed": 123, "granularity": "step"}
LOCKED = (Variant("with dropout", {"dropout_param": {"mode": "train", "p": 0.4, "seed": 7}}),)
DROPPED = (*LOCKED, Variant("with dropout of its own at every step", {
    "dropout_param": STEPWISE}))
ONE_WORD = Variant("with words that all but one are the same", {"x": shared(4, 3)})

DESIGNS = {
    **each("rnn_step lstm_step gru_step", (*BASIS, FINITE, *LOCKED)),
    **each("rnn lstm gru", (*STEPS, *BASIS, FINITE, *DROPPED)),
    "word_embedding": (ONE_WORD, ONE, MANY, ZEROS),
}
