"""Cases of the codes in gradcheck.findings.values."""
