"""A right dropout, of which every law shows a wrong one that differs in a few lines."""

DROPOUT = '''
def dropout_forward(x, param):
    p = param["p"]
    if param["mode"] == "test":
        return x, None
    rng = np.random.default_rng(param.get("seed"))
    kept = rng.random(x.shape) >= p
    return (x * kept / (1 - p)).astype(x.dtype), (kept, p)


def dropout_backward(dout, cache):
    if cache is None:
        return dout
    kept, p = cache
    return (dout * kept / (1 - p)).astype(dout.dtype)
'''

# Its lines, as the laws name them.
GENERATOR = 'rng = np.random.default_rng(param.get("seed"))'
DRAW = "kept = rng.random(x.shape) >= p"
OUT = "return (x * kept / (1 - p)).astype(x.dtype), (kept, p)"
DX = "return (dout * kept / (1 - p)).astype(dout.dtype)"

# The same, such that others can build on it: it obeys the strict laws, too.
CAREFUL_DROPOUT = '''
def dropout_forward(x, param):
    p, mode = param["p"], param["mode"]
    if not 0 <= p < 1:
        raise ValueError(f"p: got {p}; expected 0 <= p < 1")
    if mode not in ("train", "test"):
        raise ValueError(f"mode: got {mode!r}; expected 'train' or 'test'")
    if x.dtype.kind != "f":
        raise TypeError(f"x: got {x.dtype}; expected floats")
    if mode == "test":
        return x, None
    rng = np.random.default_rng(param.get("seed"))
    kept = rng.random(x.shape) >= p
    return np.where(kept, x / (1 - p), 0).astype(x.dtype), (kept, p)


def dropout_backward(dout, cache):
    if cache is None:
        return dout
    kept, p = cache
    if dout.shape != kept.shape:
        raise ValueError(f"dout: got shape {dout.shape}; expected {kept.shape}")
    return np.where(kept, dout / (1 - p), 0).astype(dout.dtype)
'''
