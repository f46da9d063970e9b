"""The parts of `assess.py`: running a program, judging its answers, writing the report."""
