"""The citizen record: all vaccinations, tests and recoveries of one person in one certificate (subclaim -1405)."""
