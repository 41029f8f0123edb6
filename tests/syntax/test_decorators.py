"""Decorators, annotations and attributes, as written."""

from forethought.syntax.decorators import decorators_of
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages

LANGUAGES = load_languages()


def check(path, source, *expected, name="send"):
    tags = read_tags(LANGUAGES.detect(path), source.encode())
    symbol = next(symbol for symbol in tags.symbols if symbol.short_name == name)
    assert decorators_of(symbol, source.encode().split(b"\n")) == expected


def test_none():
    check("a.py", "def send(): ...\n")


def test_several_with_and_without_arguments():
    check(
        "a.py",
        "@cache\n@app.route('/x', methods=[1])  # here\ndef send(): ...\n",
        "cache",
        "app.route('/x', methods=[1])",
    )


def test_one_over_several_rows():
    check("a.py", "@mark(\n    'a)',\n    [1, 2],\n)\n@other\ndef send(): ...\n", "mark( 'a)', [1, 2], )", "other")


def test_comments_between_decorators_are_skipped():
    check("a.py", "@cache\n# @not_one\ndef send(): ...\n", "cache")


def test_of_a_class():
    check("a.py", "@dataclass(frozen=True)\nclass Send:\n    x: int\n", "dataclass(frozen=True)", name="Send")


def test_other_languages():
    check("a.rs", "#[inline]\n#[must_use]\nfn send() {}\n", "inline", "must_use")
    check(
        "A.java",
        'class A {\n  @Override\n  @Deprecated(since = "1")\n  void send() {}\n}\n',
        "Override",
        'Deprecated(since = "1")',
    )
