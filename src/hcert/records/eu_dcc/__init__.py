"""The EU Digital COVID Certificate, subclaim 1: one vaccination, test or recovery of one person (schema 1.3.x)."""
