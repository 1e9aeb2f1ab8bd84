"""What decides which units pass: dropout masks, relu's sign, leaky slopes.

mask_inverted           Backward passes dout on exactly where forward drops.
mask_mismatch           Backward has a mask, always the same, and it is not forward's.
mask_not_applied        Backward passes dout on where forward drops or bends.
mask_shifted            Backward uses forward's mask some places further on.
negative_slope_lost     The small slope for negative inputs is missing.
value_used_as_mask      dout is multiplied by a value where its comparison belongs.
wrong_threshold         Backward compares with another number than forward.
"""
