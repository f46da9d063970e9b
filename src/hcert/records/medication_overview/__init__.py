"""The medication overview of the WHO's network, subclaim -7: decoded, never issued."""
