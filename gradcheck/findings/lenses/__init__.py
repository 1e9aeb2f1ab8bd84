"""What several rules look through.

normalization           What a forward that normalizes computes: recognised by its numbers
"""
