"""The command, as `python -m hcert`."""

from __future__ import annotations

from hcert.cli import main

main()
