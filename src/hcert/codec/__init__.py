"""Bytes and text, decoded and encoded. Knows no person, key, clock or file."""
