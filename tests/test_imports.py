"""What importing a package costs: what takes longer to load than our own modules waits."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests import house

# Each takes longer to load than all of ours together, and most programs never call it.
WAIT = {"scipy", "tqdm", "sklearn", "matplotlib", "multiprocessing", "concurrent"}
CASES = {
    "layers and nets": ("layers, nets", {*WAIT, "hashlib", "nets.sweep"}),
    "what the command needs before another process judges": (
        "gradcheck.cli, gradcheck.target.check, gradcheck.grading.grade, gradcheck.output.render",
        {*WAIT, "numpy"}),
    "the process that judges": ("gradcheck.target.serving, gradcheck.target.valued", WAIT),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_slow_is_loaded_before_it_is_called(case):
    modules, waiting = CASES[case]
    code = f"import json, sys, {modules}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=house.ROOT, text=True,
                          capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert set(modules.split(", ")) <= loaded
    assert not loaded & waiting
