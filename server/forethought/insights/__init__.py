"""What a model is asked about a symbol, what of its text is kept, and when it is fresh. Pure."""
