"""What must hold before a number counts.

inspection              What must hold before any number is compared: purity, linearity, shapes
outputs                 Layers with several outputs, such as an LSTM's step
snapshots               Copies of nested values, compared bit by bit
"""
