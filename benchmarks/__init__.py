"""Benchmarks anybody can repeat: `python -m benchmarks NAME` in a checkout. See README.md."""

from forethought.bench import BENCHMARKS as OWN_REPOSITORY
from forethought.bench import Benchmark

BENCHMARKS = {
    **OWN_REPOSITORY,
    "again": Benchmark(
        "benchmarks.measures.again",
        "Duration of a second `precompute` run with nothing changed, compared to program start-up.",
    ),
    "amortize": Benchmark(
        "benchmarks.measures.amortize",
        "Cost per query when 1 to 10 queries share one sleep-time pass, and when that pays off.",
    ),
    "behavior": Benchmark(
        "benchmarks.measures.behavior",
        "How much of what is read off functions is right and adds something, according to readers of the code.",
    ),
    "candidates": Benchmark(
        "benchmarks.measures.candidates",
        "Effect of 1 to 10 merged drafts and 0 to 4 revisions, on word problems and on code.",
    ),
    "code-facts": Benchmark(
        "benchmarks.measures.code_facts",
        "Questions of fact about a Python repository by tier: accuracy according to Python's `ast`, tokens, time.",
    ),
    "code-search": Benchmark(
        "benchmarks.measures.code_search",
        "Web queries and the function that answers each, by words, meaning and both; speed of vectors.",
    ),
    "commit": Benchmark(
        "benchmarks.measures.commit",
        "What is recomputed after one function was edited and committed, and how soon it is fresh.",
    ),
    "commit-files": Benchmark(
        "benchmarks.measures.commit_files",
        "Which files a change will touch, from its message: BM25, our ranking, and history.",
    ),
    "hovers": Benchmark(
        "benchmarks.measures.hovers",
        "Share of the identifiers in repositories that have a hover, by what they name.",
    ),
    "idle": Benchmark(
        "benchmarks.measures.idle",
        "Effect of idle time: gain by time given, questions during a pass, wrong notes, a shift in what is asked.",
    ),
    "juggler": Benchmark(
        "benchmarks.measures.juggler",
        "The paper's demo: five questions about one context, without and with sleep time.",
    ),
    "kill": Benchmark(
        "benchmarks.measures.kill", "What `kill -9` at random moments of a `precompute` run costs the next run."
    ),
    "large": Benchmark(
        "benchmarks.measures.large",
        "Hovers in a repository of thousands of files, from the first one after opening a file on; memory; floods.",
    ),
    "matching": Benchmark(
        "benchmarks.measures.matching",
        "Precision, recall and latency of matching questions with what they ask.",
    ),
    "notes": Benchmark(
        "benchmarks.measures.notes",
        "How many of the notes that are shown are right and add something, according to readers of the code.",
    ),
    "predictability": Benchmark(
        "benchmarks.measures.predictability",
        "Gain from sleep time in five groups of questions, from the least to the most predictable.",
    ),
    "questions": Benchmark(
        "benchmarks.measures.questions",
        "Questions of fact about real repositories in any words: recall, precision, latency; fits the learned reader.",
    ),
    "replay": Benchmark(
        "benchmarks.measures.replay",
        "Share of hovers on just-changed symbols that find a fresh insight, over a replayed history.",
    ),
    "repo-questions": Benchmark(
        "benchmarks.measures.repo_questions",
        "Whether the files that answer a question about a repository are found: BM25, our ranking, meaning, insights.",
    ),
    "resolution": Benchmark(
        "benchmarks.measures.resolution",
        "Definitions, callers and hovers compared to the languages' own compilers and language servers.",
    ),
    "secrets": Benchmark(
        "benchmarks.measures.secrets",
        "Share of secrets of 270 kinds that is redacted, half of them held out, and false alarms in repositories.",
    ),
    "share": Benchmark(
        "benchmarks.measures.share",
        "Whether a clone without a model shows what another clone computed, after export and import.",
    ),
    "soak": Benchmark(
        "benchmarks.measures.soak",
        "Memory, handles and losses of a server over eight simulated hours of real edits, with passes on.",
    ),
    "stateful": Benchmark(
        "benchmarks.measures.stateful",
        "Accuracy by test-time tokens, without and with sleep time, compared to several attempts at test time.",
    ),
    "understanding": Benchmark(
        "benchmarks.measures.understanding",
        "Questions about what functions do, answered from signature, behavior, notes and code.",
    ),
}
