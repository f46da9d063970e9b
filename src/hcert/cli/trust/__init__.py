"""`hcert trust`: publish key lists and revocation lists."""
