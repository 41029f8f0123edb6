"""Documents, hovers and answers as people and programs see them. No protocol library."""
