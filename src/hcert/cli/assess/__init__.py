"""`hcert assess`: run a program that reads health certificates against the conformance kit, and report.

Nothing here uses a verdict of hcert: what a program must say is in the kit.
"""
