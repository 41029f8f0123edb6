"""What is thought about, in which order, and when."""
