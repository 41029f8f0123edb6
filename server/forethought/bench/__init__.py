"""Measurements of one's own repository: `forethought bench NAME`. The rest is `python -m benchmarks NAME`."""

from typing import NamedTuple


class Bench(NamedTuple):
    """A measurement: `module.run(...)` gives a Report; the parameters of `run` are the options of its command."""

    module: str
    about: str
    """What it measures, for the help text."""


BENCHES = {
    "chat": Bench(
        "forethought.bench.chat_latency",
        "How long the answers that need no model take, from request to result over stdio.",
    ),
    "coverage": Bench(
        "forethought.bench.tier_coverage",
        "Which tier answers what is asked in a repository, and how much of what was thought there was of use.",
    ),
    "hover": Bench(
        "forethought.bench.hover_latency",
        "How long a hover takes next to a server that answers with a constant, idle and while a pass runs.",
    ),
    "resolve": Bench(
        "forethought.bench.resolution",
        "How often name resolution answers, and how often with the same definition as Jedi.",
    ),
}
