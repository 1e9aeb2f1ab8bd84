"""Small formulas of the standard layers' values, in NumPy and SciPy, for `value-differs`.

activations             The values of elementwise functions, and of those along a row.
affine                  The values of affine layers, and of the embedding of words.
convolution             The value of a convolution in two dimensions, by SciPy's correlation.
formula                 What a layer's value is held to: a definition, conventions that are as good
losses                  The values of losses. A constant factor of the number of samples, or of 2
normalization           The values of normalizations, in training and at test time.
pooling                 The values of pooling layers, by windows that share the image's memory.
recurrent               The values of recurrent layers: a step, and the states of a sequence.
table                   The references by the standard names of layers and losses.
statistics              What the running statistics of a batch normalization are updated from
smooth                  The sigmoid and the softmax, which several references share.
alternatives            What else than its definition a layer's value may be by name
attention               The values of attention: one head, and several with their projections.
"""
