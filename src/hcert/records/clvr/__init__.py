"""The European Vaccination Card: the Compact List of Vaccination Records (CLVR) of the EUVABECO project."""
