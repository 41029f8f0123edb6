"""What is asked in the benchmarks, and the expected answers."""
