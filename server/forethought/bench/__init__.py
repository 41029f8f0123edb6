"""Measurements that anybody can repeat: each prints figures made in one run, with its goals."""

BENCHES = {
    "again": "How long a second `precompute` takes when nothing changed, beside the start-up of the program.",
    "amortize": "What a query costs when 1 to 10 of them share one sleep-time pass, and when that pays.",
    "candidates": "What 1 to 10 merged drafts and 0 to 4 rounds of revision bring, on word problems and on code.",
    "chat": "How long the answers that need no model take, from request to result over stdio.",
    "code-facts": "Questions of fact about a Python repository, by tier: right by Python's own `ast`, tokens, time.",
    "commit": "What is thought about again after one function was edited and committed, and how soon it is fresh.",
    "commit-files": "Which files a change will touch, from its message: BM25, our ranking, and history.",
    "coverage": "Which tier answers what is asked in a repository, and how much of what was thought there was of use.",
    "hover": "How long a hover takes next to a server that answers with a constant, idle and while a pass runs.",
    "idle": "What idle time brings: gain by time given, a question in mid-pass, wrong notes, a shift in what is asked.",
    "juggler": "The demo: five questions about one context, with and without sleep time, beside its notebook.",
    "kill": "What `kill -9` at random moments of a `precompute` run costs the next run.",
    "matching": "Whether questions are matched with what they ask: precision and recall over a set that ships, time.",
    "predictability": "The gain from sleep time in five groups of questions, from the least to the most foreseeable.",
    "replay": "Share of hovers on just-changed symbols that find a fresh insight, over a replayed history.",
    "repo-questions": "Whether the files are found that answer a question about a repository: BM25, our ranking, c′.",
    "resolve": "How often name resolution answers, and how often with the same definition as Jedi.",
    "share": "Whether a clone without a model shows what another clone thought, after export and import.",
    "stateful": "Accuracy by test-time tokens, with and without sleep time, beside many tries at test time.",
    "truth": "How many of the insights and predicted answers are right, by labels that were given by reading the code.",
}
"""Name → what it measures. Each is a module here (`a-b` is `a_b.py`) with `run(...) -> Report`; the options of its
command are the parameters of `run`. `measurement: Measurement` gives it an engine, kept results and progress, and its
command --model, --engine and --out. The first ones return a dict instead, and have `render(result) -> str`."""
