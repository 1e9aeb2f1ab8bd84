"""Nothing is searched where a layer is right: what the search needs is not even imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCE = """
import sys
import numpy as np
from gradcheck import check_all, check_layer
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x): return SIGN * dout * (x > 0)
{check}
print('gradcheck.repair' in sys.modules)
"""
CHECKS = {
    "a file's functions": "check_all(globals(), only=['relu'])",
    "a pair": "check_all((relu_forward, relu_backward))",
    "a layer": "check_layer(relu_forward, relu_backward, np.ones((2, 3)), repair='diff')",
}


def loaded(folder: Path, check: str, sign: str) -> bool:
    """Return whether a check has loaded the search; its source is a file's, as is a user's."""
    file = folder / "homework.py"
    file.write_text(SOURCE.format(check=check).replace("SIGN", sign))
    found = subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)}).stdout
    return found.splitlines()[-1] == "True"


def test_a_right_layer_loads_no_search(tmp_path: Path) -> None:
    assert not loaded(tmp_path, "\n".join(CHECKS.values()), "1")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a pair", "a layer"])
def test_a_wrong_one_does(tmp_path: Path, name: str) -> None:
    assert loaded(tmp_path, CHECKS[name], "-1")
