"""The lists a device keeps in a directory, through restarts, crashes and bad downloads."""
