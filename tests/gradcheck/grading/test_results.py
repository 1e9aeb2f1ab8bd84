"""What a folder of results holds for each student."""

from __future__ import annotations

from pathlib import Path

from gradcheck.grading.results import Results
from gradcheck.output.record import Item, Record


def test_a_text_to_hand_out_stands_beside_the_json(tmp_path: Path) -> None:
    record = Record("grade", "anna.py", (Item("relu: value", "relu", "failed", "out is 0", 0.0,
                                              4.0),), path="anna.py")
    with Results(tmp_path, resume=False) as results:
        results.tell(Path("anna.py"), record)
    text = (tmp_path / "anna.txt").read_text()
    assert (tmp_path / "anna" / "results.json").is_file()
    assert "relu: value  0/4" in text
    assert "out is 0" in text
