"""Questions and problems with known answers."""
