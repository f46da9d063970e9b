"""What tests share: signers, records, lists, hostile bytes, and an independent verifier."""
