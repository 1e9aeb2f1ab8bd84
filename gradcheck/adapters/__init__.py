"""Other people's functions in this package's form.

frameworks              The dropouts of torch, keras, flax and equinox.
"""
