"""What can be computed about a symbol from the index, without a model."""
