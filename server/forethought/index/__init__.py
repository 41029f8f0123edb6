"""The index's domain: what a file defines and refers to, and what a name means. No I/O, no threads."""
