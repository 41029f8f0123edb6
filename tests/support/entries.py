"""Stored entries, which child processes of the tests make, too."""

import hashlib

from forethought.insights.entry import Entry, Insights, PredictedQuestion, Provenance


def context_hash_of(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def entry_of(
    context_hash: str, generator_id: str = "p1", summary: str = "Adds two numbers.", created: int = 0
) -> Entry:
    return Entry(
        context_hash=context_hash,
        generator_id=generator_id,
        outcome="done",
        insights=Insights(summary, ("it is pure",), (PredictedQuestion("What is it for?", "For sums.", -1.5),)),
        provenance=Provenance(
            "model",
            generator_id,
            "v1",
            1,
            1,
            100,
            20,
            1.5,
            f"2026-01-01T00:00:{created:02d}Z",
            callees={"a.b": "c" * 64},
        ),
    )
