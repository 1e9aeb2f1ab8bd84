"""A row a record, and no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io

from gradcheck.output.folder import as_csv
from gradcheck.output.record import Item, Record
from tests.gradcheck.output.records import ITEM


def test_a_csv_cell_is_no_formula() -> None:
    row = list(csv.reader(io.StringIO(as_csv([Record("grade", "=HYPERLINK(1).py", (ITEM,))]))))[1]
    assert row[:5] == ["'=HYPERLINK(1).py", "2", "2", "1", "0"]


def test_a_row_names_the_layers_that_lost_points() -> None:
    items = (ITEM, Item("tanh", "tanh", "failed", "", 0.0, 4.0))
    head, row = csv.reader(io.StringIO(as_csv([Record("grade", "a.py", items)])))
    assert dict(zip(head, row, strict=True))["lost"] == "tanh"
