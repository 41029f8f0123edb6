"""Methods and arithmetic that several benchmarks share."""
