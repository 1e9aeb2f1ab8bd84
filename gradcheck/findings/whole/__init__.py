"""The gradient as a whole: zero, sign, factor, order, lost or moved parts."""
