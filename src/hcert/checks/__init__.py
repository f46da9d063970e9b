"""What holds of signed content at a time: steps 7 to 10 of a verification, run by verifiers and issuers alike."""
