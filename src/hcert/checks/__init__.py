"""Steps 7 to 10 of a verification, which verifiers and issuers have in common."""
