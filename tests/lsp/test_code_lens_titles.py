"""What a code lens says."""

from datetime import UTC, datetime

import pytest

from forethought.lsp.requests.code_lens_requests import lens_title
from forethought.repo.blame import LastChange

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("uses", "tests", "tests_are_all", "date", "expected"),
    [
        (12, 3, True, "2026-06-13T10:00:00+00:00", "12 uses · 3 tests · changed 2 d ago"),
        (1, 1, True, "2026-06-15T14:30:00+05:00", "1 use · 1 test · changed today"),
        (2, 1, False, "2026-05-30T10:00:00+00:00", "2 uses · 1+ tests · changed 2 w ago"),
        (2, 0, False, "2026-03-30T10:00:00+00:00", "2 uses · changed 2 mo ago"),
        (0, 0, True, "2020-03-30T10:00:00+00:00", "no certain uses · changed 6 y ago"),
        (0, 0, True, "2026-06-15T13:00:00+00:00", "no certain uses · changed today"),
        (5, 0, True, None, "5 uses"),
    ],
)
def test_titles(uses: int, tests: int, tests_are_all: bool, date: str | None, expected: str) -> None:
    change = LastChange("abc", "Ada", date, "Fill the jar") if date is not None else None
    assert lens_title(uses, tests, tests_are_all, change, NOW) == expected
