"""A dask cluster grades a folder to the same points."""

import sys

import pytest

from gradcheck.cli import main
from gradcheck.grading.grade import grade_folder

RELU = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x): return dout * (x > 0)
"""


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "class"
    found.mkdir()
    (found / "alice.py").write_text(RELU)
    (found / "bob.py").write_text(RELU.replace("(x > 0)", "(x < 0)"))
    return found


def verdicts(records):
    return [(record.target, [(item.name, item.status, item.message, item.points)
                             for item in record.items]) for record in records]


# distributed leaves a socket and an event loop to the garbage collector when it closes.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning",
                            "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cluster_gives_the_same_records(folder, tmp_path, capsys, monkeypatch):
    distributed = pytest.importorskip(
        "distributed", reason="dask is not installed (extra distributed)")
    here = grade_folder(folder, seed=1, progress=False)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                                  dashboard_address=None, silence_logs="ERROR") as cluster:
        monkeypatch.chdir(tmp_path)
        there = grade_folder("class", seed=1, progress=False, workers=cluster.scheduler_address)
        assert [record.target for record in there] == ["class/alice.py", "class/bob.py"]
        assert [told[1] for told in verdicts(there)] == [told[1] for told in verdicts(here)]
        code = main(["grade", str(folder), "--seed", "1", "--workers", cluster.scheduler_address])
    assert code == 1
    assert "10 of 10 points" in capsys.readouterr().out


def test_an_address_where_the_extra_is_missing_names_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"maskgrad\[distributed\]"):
        grade_folder(folder, progress=False, workers="tcp://127.0.0.1:1")
