"""The making of the conformance vectors; `generate.py` beside this package writes them."""
