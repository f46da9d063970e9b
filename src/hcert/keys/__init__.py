"""Keys: trusted keys, signers and readers. Signatures are ES256 or PS256, and the trusted key decides which."""
