"""The parts of `trust.py`: reading what is named on the command line, importing, withdrawing, showing."""
