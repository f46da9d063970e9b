"""Text into parts and back. Knows no person, key, clock or file."""
