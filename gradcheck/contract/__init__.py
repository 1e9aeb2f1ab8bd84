"""What must hold before a number counts.

`inspection` calls the layer's functions and notes every `breach`: `purity`, `linearity`, `shapes`
and `mutation` each look at one subject. `layer` is the pair with its arguments; `outputs` makes
one output of several. Nothing here puts a breach into words: that is the findings' part.
"""
