"""What importing a package costs: what takes longer to load than our own modules waits."""

from __future__ import annotations

import json
import subprocess
import sys

from tests import house

# Each takes longer to load than all of ours together, and most programs never call it.
WAIT = {"scipy", "tqdm", "sklearn", "matplotlib", "multiprocessing"}


def test_the_layers_and_nets_load_nothing_slow_before_it_is_called():
    code = "import json, sys, layers, nets; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=house.ROOT, text=True,
                          capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert {"layers", "nets"} <= loaded
    assert not loaded & WAIT
