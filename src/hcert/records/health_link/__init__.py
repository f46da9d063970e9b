"""Health links, subclaim 5: recognised and not followed."""
