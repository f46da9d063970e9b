"""Signing and verifying bytes: ES256 and PS256, nothing else. The trusted key decides the algorithm."""
