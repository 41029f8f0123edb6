"""Files become words: names split, one passage a function or class, secrets left out."""

from hypothesis import given
from hypothesis import strategies as st

from forethought.search.passages import FileWords, read_words, words
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages

SOURCE = '''"""Keeps cookies."""

LIMIT = 3


class CookieJar:
    """Holds cookies."""

    def set_cookie(self, cookie):
        def inner():
            return deepest

        return inner
'''


def read(source: str, path: str = "src/jar.py") -> FileWords:
    language = load_languages().named("python")
    assert language is not None
    data = source.encode()
    return read_words(path, "digest", read_tags(language, data), data)


def check_words(text: str, expected: str) -> None:
    assert list(words(text)) == expected.split()


def test_names_are_kept_whole_and_split() -> None:
    check_words("parse_HTTPHeaders2", "parse_httpheaders2 parse http headers 2")
    check_words("RequestsCookieJar jar", "requestscookiejar requests cookie jar jar")
    check_words("größe_messen", "größe_messen größe messen")
    check_words("__init__", "init")


@given(st.text())
def test_any_text_has_words_in_lower_case_and_none_that_is_empty(text: str) -> None:
    assert all(word and word == word.lower() for word in words(text))


def test_each_function_and_class_is_a_passage_and_values_are_not() -> None:
    assert [passage.symbol_id for passage in read(SOURCE).passages] == [
        "",
        "CookieJar",
        "CookieJar.set_cookie",
        "CookieJar.set_cookie.inner",
    ]


def test_an_empty_file_is_no_passage() -> None:
    assert read("").passages == ()


def test_a_passage_lacks_the_text_of_those_in_it() -> None:
    by_id = {passage.symbol_id: passage.text.split() for passage in read(SOURCE).passages}
    assert "deepest" in by_id["CookieJar.set_cookie.inner"]
    assert all("deepest" not in text for key, text in by_id.items() if key != "CookieJar.set_cookie.inner")
    assert "limit" in by_id[""]
    assert "holds" in by_id["CookieJar"]


def test_a_secret_is_no_word() -> None:
    key = "AKIA" + "QYLPMN5HHHFPZAM2"
    found = read(f'KEY = "{key}"\n\n\ndef connect():\n    return "{key}"\n')
    assert key.lower() not in f"{found.text} {' '.join(passage.text for passage in found.passages)}"
    assert "connect" in found.text
