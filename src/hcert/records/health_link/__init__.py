"""Health links, subclaim 5: decoded, but never followed."""
