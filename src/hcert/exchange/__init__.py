"""Health records of other systems: what they hold, read into records and written from them."""
