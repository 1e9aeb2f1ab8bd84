"""Slips in layers for sequences and images: their codes, where they are said to lie, their lines.

`Slip.codes` are all that is found. A slip of `WITHOUT_EDIT` is found and gets no proved edit.
"""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

from gradcheck import check_layer
from gradcheck.repair import limit
from tests.gradcheck.sequences import images, lookups, recurrent
from tests.gradcheck.sequences.slips import ROWS, SLIPS

MODULES = {"recurrent": recurrent, "lookups": lookups, "images": images}
WITHOUT_EDIT = {
    "heads-value_left_out_of_dx", "temporal_affine-dw_of_a_step",
    "temporal_softmax-label_not_subtracted", "spatial_batchnorm-std_constant",
    "groupnorm-no_mean_term", "groupnorm-gamma_forgotten"}
FROM_LATER = "what the outputs at index 0 of axis 1 alone send back is right"
WHERE = {
    "lstm-dc_zeroed": FROM_LATER, "rnn-no_carry": FROM_LATER, "rnn-db_of_last_step": FROM_LATER,
    "lstm-no_sigmoid_of_output": "columns 10:15 (the third of 4 equal blocks)",
    "lstm-g_not_squared": "columns 15:20 (the fourth of 4 equal blocks)",
    "lstm-df_of_next_c": "columns 5:10 (the second of 4 equal blocks)",
}
SLOW = ("lstm", "conv")
PATIENCE = 4  # whether an edit is found is asked here, and not how soon on a machine others use


def checked(slip, folder, repair=None):
    module = slip.module(folder)
    forward, backward = (getattr(module, f"{slip.layer}_{way}") for way in ("forward", "backward"))
    if str(slip) not in WITHOUT_EDIT:
        forward.patience = PATIENCE
    with np.errstate(all="ignore"):
        return check_layer(forward, backward, *slip.args, repair=repair, progress=False)


@pytest.mark.parametrize(("file", "layer", "args", "_"), ROWS, ids=[row[1] for row in ROWS])
def test_the_right_layer_passes(file, layer, args, _):
    pair = (getattr(MODULES[file], f"{layer}_{way}") for way in ("forward", "backward"))
    assert check_layer(*pair, *args, progress=False).passed


@pytest.mark.parametrize("slip", [
    pytest.param(slip, marks=[pytest.mark.slow] * (slip.layer in SLOW)) for slip in SLIPS], ids=str)
def test_a_slip_has_its_codes(slip, tmp_path):
    report = checked(slip, tmp_path)
    assert {finding.code for finding in report.findings} == set(slip.codes)
    assert WHERE.get(str(slip), "") in " ".join(finding.message for finding in report.findings)


@pytest.mark.slow
@pytest.mark.parametrize("slip", SLIPS, ids=str)
def test_a_slip_is_mended_by_an_edit_that_is_proved(slip, tmp_path):
    with mock.patch.object(limit, "GRACE", 60.0):
        report = checked(slip, tmp_path, repair="diff")
    if str(slip) not in WITHOUT_EDIT:
        repair, = report.repairs
        assert repair.diff
        assert repair.verified_at > 1
