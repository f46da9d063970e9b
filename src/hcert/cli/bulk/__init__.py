"""`hcert bulk`: issue or verify many, in jobs that can be stopped and resumed."""
