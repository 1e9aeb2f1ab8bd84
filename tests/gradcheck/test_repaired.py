"""What a report says above a line that was found."""

from gradcheck.findings.whole.unexplained import RULE
from gradcheck.repaired import BY_EDITS, DERIVE, NO_SLIP, pointed


def test_above_an_edit_nobody_is_told_to_derive_and_no_slip_is_called_unknown():
    """The texts that are left out there have to be the finding's own."""
    said = str(RULE.clues)
    assert DERIVE in said
    assert NO_SLIP in said
    told = pointed(f"9 of 9 coordinates disagree{NO_SLIP}. Remedy: {DERIVE}.", [{"kind": "name"}])
    assert told == f"9 of 9 coordinates disagree. Remedy: {BY_EDITS}."
