"""What holds for all tests."""

import os

# The workers of a run share the cores: BLAS threads of two of them would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
