"""What must hold before a number counts.

`inspection` calls the layer's functions and notes every `breach`: `purity`, `linearity`, `shapes`
and `mutation` each look at one subject. `layer` is the pair with its arguments; `outputs` makes
one output of several. Nothing here puts a breach into words: that is the findings' part.

breach                  What the contract reports: breaches of its rules
inspection              The calls before any number is compared
layer                   The pair of functions under inspection
linearity               Whether backward is linear in dout: bwd(d1 + a d2) = bwd(d1) + a bwd(d2).
mutation                Whether a call wrote into something: copies of nested values
protocol                The forms in which people write a forward and its backward, brought to one.
purity                  Whether a second backward gives the same gradients as the first.
shapes                  Whether the gradients have the number, shapes
validation              What `check_layer`, `check_gradient` and `check_net` refuse before they ...
recalls                 Whether backward evaluates its own forward nearby
"""
