"""From the text of a code to a verdict."""
