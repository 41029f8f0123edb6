"""Benchmarks that anybody can repeat: `python -m benchmarks NAME` in a checkout. See README.md."""

from forethought.bench import BENCHES as OWN_REPOSITORY
from forethought.bench import Bench

BENCHES = {
    **OWN_REPOSITORY,
    "again": Bench(
        "benchmarks.measures.again",
        "How long a second `precompute` takes when nothing changed, beside the start-up of the program.",
    ),
    "amortize": Bench(
        "benchmarks.measures.amortize",
        "What a query costs when 1 to 10 of them share one sleep-time pass, and when that pays.",
    ),
    "candidates": Bench(
        "benchmarks.measures.candidates",
        "What 1 to 10 merged drafts and 0 to 4 rounds of revision bring, on word problems and on code.",
    ),
    "code-facts": Bench(
        "benchmarks.measures.code_facts",
        "Questions of fact about a Python repository, by tier: right by Python's own `ast`, tokens, time.",
    ),
    "commit": Bench(
        "benchmarks.measures.commit",
        "What is thought about again after one function was edited and committed, and how soon it is fresh.",
    ),
    "commit-files": Bench(
        "benchmarks.measures.commit_files",
        "Which files a change will touch, from its message: BM25, our ranking, and history.",
    ),
    "idle": Bench(
        "benchmarks.measures.idle",
        "What idle time brings: gain by time given, a question in mid-pass, wrong notes, a shift in what is asked.",
    ),
    "juggler": Bench(
        "benchmarks.measures.juggler",
        "The demo: five questions about one context, with and without sleep time, beside its notebook.",
    ),
    "kill": Bench(
        "benchmarks.measures.kill", "What `kill -9` at random moments of a `precompute` run costs the next run."
    ),
    "matching": Bench(
        "benchmarks.measures.matching",
        "Whether questions are matched with what they ask: precision and recall over a set that ships, time.",
    ),
    "predictability": Bench(
        "benchmarks.measures.predictability",
        "The gain from sleep time in five groups of questions, from the least to the most foreseeable.",
    ),
    "replay": Bench(
        "benchmarks.measures.replay",
        "Share of hovers on just-changed symbols that find a fresh insight, over a replayed history.",
    ),
    "repo-questions": Bench(
        "benchmarks.measures.repo_questions",
        "Whether the files are found that answer a question about a repository: BM25, our ranking, c′.",
    ),
    "share": Bench(
        "benchmarks.measures.share",
        "Whether a clone without a model shows what another clone thought, after export and import.",
    ),
    "stateful": Bench(
        "benchmarks.measures.stateful",
        "Accuracy by test-time tokens, with and without sleep time, beside many tries at test time.",
    ),
    "truth": Bench(
        "benchmarks.measures.truth",
        "How many of the insights and predicted answers are right, by labels that were given by reading the code.",
    ),
}
