"""Examples that nearly every layer has."""

from __future__ import annotations

from gradcheck.examples.variants import Variant

SINGLE = Variant("with the arguments cast to float32", first="at float64", single=True)
ONE = Variant("with N = 1", batch=1)
MANY = Variant("with N = 40", batch=40)
STRIDED = Variant("with x and dout that are not contiguous", dout="strided")
ZEROS = Variant("with zeros in dout", dout="zeros")
LARGE = Variant("with x times 1e3", scale=1e3)
SMALL = Variant("with x times 1e-3", scale=1e-3)
# Where a function saturates there is nothing left to compare, but it need not overflow.
FINITE = Variant("with x times 1e3", scale=1e3, look="finite")
TESTED = Variant("in test mode", first="in train mode", test=True)
TESTED_ONE = Variant("in test mode, with N = 1", first="in train mode", test=True, batch=1)

# What is held to be right of a layer of any name.
ANY = (STRIDED, ZEROS)
BASIS = (ONE, MANY, *ANY)
SCALED = (LARGE, SMALL)
