"""From a record to the text of a code. Needs the packages of `hcert[issue]`, which verifying never imports."""
