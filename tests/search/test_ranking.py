"""Files and symbols are ranked by how well they fit a question."""

from forethought.names.resolver import Target
from forethought.search.ranking import Hits, question_words, rank


def hits(
    symbols: dict[str, float], files: dict[str, float] | None = None, insights: dict[str, float] | None = None
) -> Hits:
    def targets(scores: dict[str, float]) -> dict[Target, float]:
        return {Target(*key.split(":")): score for key, score in scores.items()}

    return Hits(targets(symbols), files or {}, targets(insights or {}))


def files_for(question: str, found: Hits) -> list[str]:
    return [path for path, _ in rank(question, found).files]


def symbols_for(question: str, found: Hits) -> list[str]:
    return [f"{target.path}:{target.symbol_id}" for target, _ in rank(question, found).symbols]


def test_stop_words_are_left_out_unless_there_are_no_others() -> None:
    assert question_words("Where is the retry handled?") == ("retry",)
    assert question_words("where is it") == ("where", "is", "it")
    assert question_words("?") == ()


def test_a_file_counts_by_its_best_passages_and_as_a_whole() -> None:
    found = hits({"a.py:f": 4.0, "b.py:f": 3.0, "b.py:g": 3.0}, {"c.py": 4.2})
    assert files_for("retry", found) == ["b.py", "c.py", "a.py"]


def test_many_weak_passages_do_not_make_a_strong_file() -> None:
    found = hits({"a.py:f": 4.0} | {f"b.py:f{number}": 2.0 for number in range(50)})
    assert files_for("retry", found) == ["a.py", "b.py"]


def test_tests_stand_back_unless_the_question_speaks_of_them() -> None:
    found = hits({"tests/test_a.py:test_f": 5.0, "a.py:f": 4.5})
    assert files_for("retry", found)[0] == "a.py"
    assert symbols_for("retry", found)[0] == "a.py:f"
    assert files_for("retry tests", found)[0] == "tests/test_a.py"


def test_what_was_thought_about_a_place_raises_it() -> None:
    found = hits({"a.py:f": 3.0, "b.py:g": 2.5})
    thought = hits({"a.py:f": 3.0, "b.py:g": 2.5}, insights={"b.py:g": 4.0, "c.py:h": 1.0})
    assert symbols_for("retry", found)[0] == "a.py:f"
    assert symbols_for("retry", thought) == ["b.py:g", "a.py:f", "c.py:h"]


def test_equal_scores_are_in_the_order_of_their_names() -> None:
    assert files_for("retry", hits({"b.py:f": 1.0, "a.py:f": 1.0})) == ["a.py", "b.py"]
