"""Merging samples: what most of them say, in the words that the code bears out best."""

from collections import Counter

from forethought.insights.self_consistency import merge_candidates
from support.indexing import context_of

CONTEXT = context_of(
    '''
def clean(text: str, limit: int = 80) -> str:
    """Strips white space off the text and shortens it to a limit."""
    return text.strip()[:limit]
''',
    "clean",
)
STRIPS = "It strips the white space off the text."
STRIPS_TOO = "It strips white space off the given text carefully."
SHORTENS = "It shortens the text to the limit."


def check(texts: list[str | None], expected: str | None, **dropped: int) -> None:
    counts: Counter[str] = Counter()
    assert merge_candidates(texts, CONTEXT, counts) == expected
    assert sum(counts.values()) == sum(dropped.values())


def test_one_sample_stays_as_it_is() -> None:
    check([STRIPS], STRIPS)
    check([None], None)


def test_what_most_say_is_kept() -> None:
    check([STRIPS, SHORTENS, STRIPS], STRIPS, no_majority=1)


def test_what_nobody_else_says_is_dropped() -> None:
    check([STRIPS, SHORTENS], None, no_majority=2)


def test_samples_of_which_nothing_survived_agree_with_nobody() -> None:
    check([STRIPS, None, None], None, no_majority=1)


def test_what_is_denied_as_often_as_said_is_dropped() -> None:
    check([STRIPS, "It does not strip the white space off the text."], None, contradicted=2)


def test_numbers_that_differ_contradict() -> None:
    check(
        ["It shortens the text to the limit of 80.", "It shortens the text to the limit of 90."], None, contradicted=2
    )


def test_of_the_wordings_the_one_that_the_code_bears_out_best_is_kept() -> None:
    check([STRIPS_TOO, STRIPS, STRIPS_TOO], STRIPS)


def test_two_claims_of_a_majority_are_both_kept() -> None:
    check([f"{STRIPS} {SHORTENS}", f"{STRIPS} {SHORTENS}", STRIPS], f"{STRIPS} {SHORTENS}")


def test_names_that_differ_contradict() -> None:
    check(["It strips the text with `strip`.", "It strips the text with `limit`."], None, contradicted=2)


def test_results_that_differ_contradict() -> None:
    check(["It returns the text as a string.", "It returns the text as a list."], None, contradicted=2)


def test_another_claim_with_another_number_is_no_contradiction() -> None:
    check([f"{STRIPS} It keeps 80 characters.", STRIPS, f"{STRIPS} Fields are 12 wide."], STRIPS, no_majority=2)
