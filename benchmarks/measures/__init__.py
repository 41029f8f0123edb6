"""The benchmarks themselves; each module's `run` returns a Report."""
