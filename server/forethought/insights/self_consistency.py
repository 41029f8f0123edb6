"""Merging parallel samples: what most say is kept, what contradicts is dropped, the best-grounded wording wins."""

from collections import Counter
from collections.abc import Sequence

from forethought.insights.claims import agreement, disagree, support
from forethought.insights.context import Context
from forethought.insights.grounding import sentences

SAME_CLAIM = 0.5
"""Agreement from which on two sentences make one claim."""


def merge_candidates(texts: Sequence[str | None], context: Context, dropped: Counter[str]) -> str | None:
    """One text from several grounded samples, in the order of the first; None where they agree on nothing.

    A sentence stays when more than half of all samples make its claim and fewer deny it than make it; of its wordings
    the one stays whose words the context contains most, then the one that is most like the others. A sample of which
    nothing survived grounding (None) agrees with nobody. One sample stays as it is.
    """
    if len(texts) == 1:
        return texts[0]
    samples = [sentences(text) if text else [] for text in texts]
    kept: list[str] = []
    for sample in samples:
        for sentence in sample:
            if any(agreement(sentence, other) >= SAME_CLAIM for other in kept):
                continue
            wordings = [wording for other in samples if (wording := _closest(sentence, other))]
            against = sum(any(disagree(sentence, other) for other in sample) for sample in samples)
            if against >= len(wordings):
                dropped["contradicted by another candidate"] += 1
            elif 2 * len(wordings) <= len(texts):
                dropped["no majority of candidates"] += 1
            else:
                kept.append(max(wordings, key=lambda text: (support(text, context), _likeness(text, wordings))))
    return " ".join(kept) or None


def _closest(sentence: str, others: Sequence[str]) -> str | None:
    """The wording of the same claim in another sample."""
    best = max(others, key=lambda other: agreement(sentence, other), default=None)
    if best is None or agreement(sentence, best) < SAME_CLAIM or disagree(sentence, best):
        return None
    return best


def _likeness(text: str, others: Sequence[str]) -> float:
    return sum(agreement(text, other) for other in others)
