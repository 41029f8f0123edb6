"""What `scripts/check_commit_message.py` accepts and refuses."""

import pytest

from scripts.check_commit_message import problems

GOOD = "Show callers in the hover\n\nPeople ask for them more than for anything else.\n"


@pytest.mark.parametrize(
    "message",
    [
        GOOD,
        f"{GOOD}# Please enter the commit message for your changes.\n",
        "Bring the index up to date sooner\n\nIt was late.",
        "Merge branch 'main' into hover",
        "fixup! Show callers in the hover",
    ],
)
def test_good_messages_pass(message: str) -> None:
    assert problems(message) == []


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("", "empty"),
        ("# only a comment", "empty"),
        ("Show callers in the hover\n# ------------------------ >8 ---\ndiff --git a/x b/x", "body is missing"),
        ("Show callers in the hover", "body is missing"),
        (GOOD.replace("hover", "hover " + "of every symbol " * 4), "at most 72"),
        (GOOD.replace("hover", "hover."), "period"),
        (GOOD.replace("Show", "show"), "capital"),
        (GOOD.replace("Show", "Showing"), "imperative"),
        (GOOD.replace("Show", "Added"), "imperative"),
        (GOOD.replace("\n\n", "\n"), "not blank"),
    ],
)
def test_bad_messages_are_refused_with_the_reason(message: str, problem: str) -> None:
    assert any(problem in sentence for sentence in problems(message))
