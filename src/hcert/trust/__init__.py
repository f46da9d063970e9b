"""Which keys may have signed a certificate, and what has been revoked."""
