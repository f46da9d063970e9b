"""The records that certificates hold: one folder a kind, with its model, decode, encode, rules and kind."""
