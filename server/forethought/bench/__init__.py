"""Benchmarks of your own repository: `forethought bench NAME`. The rest run in a checkout by `python -m benchmarks`."""

from typing import NamedTuple


class Benchmark(NamedTuple):
    """A module whose `run(...)` returns a Report. The parameters of `run` become the options of its command."""

    module: str
    summary: str
    """What it measures, for the help text."""


BENCHMARKS = {
    "chat": Benchmark(
        "forethought.bench.chat_latency",
        "Latency of answers that need no model, from request to result over stdio.",
    ),
    "coverage": Benchmark(
        "forethought.bench.tier_coverage",
        "Which tier answers the questions asked in a repository, and how much of the precomputed work was used.",
    ),
    "hover": Benchmark(
        "forethought.bench.hover_latency",
        "Hover latency relative to a server that returns a constant, when idle and during a background pass.",
    ),
    "resolve": Benchmark(
        "forethought.bench.resolution",
        "How often name resolution gives an answer, and how often it agrees with Jedi.",
    ),
}
