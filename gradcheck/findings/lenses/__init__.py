"""What several rules look through.

activity                What decides which units pass: seen output by output
displacement            Windows whose contributions come back moved or turned, all of them alike.
exchange                Gradients of two arguments that have changed places.
factor                  A gradient that is a constant times the true one
jacobian                The whole Jacobian of a layer against the one that backward multiplies with.
labels                  The label's own term in the gradient of a loss, seen in scores
margins                 Margins of a hinge loss: which of them count in its gradient, and how much.
normalization           What a forward that normalizes computes: recognised by its numbers
normalization_terms     The gradient of a normalization term by term: direct, through the mean
patches                 Layers that look through windows or select inputs
penalty                 The L2 penalty of a loss: how strong it is
scores                  A loss over classes, recognised by its gradient
shapes                  A gradient of a wrong shape, held against the numeric one.
values                  The values that a backward combines, and what it returns if one of them ...
others                  A layer that is wrong at its arguments, at others: fewer samples, or more.
whereabouts             Where the wrong elements of a gradient lie: whole slices of it
constant                A small constant in a loss's logarithm that its gradient knows nothing of
"""
