"""The lists of keys that others publish, read for their operators; a scanner never loads this room."""
