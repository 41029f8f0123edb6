"""Methods we compare ourselves with."""
