"""Markdown made from untrusted text contains nothing active."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from forethought.text.markdown import SafeMarkdown, code, escape, fence, link, plain_text, safe_markdown

PARSER = MarkdownIt("commonmark", {"html": True})

PARSER.validateLink = lambda url: True  # type: ignore[method-assign] # follow every address, as careless renderers do

MARKS = (
    "`", "``", "```", "~~~", "\n", "\r", "\t", " ", "  ", "\\", "<", "<b>", "</b>", "<!--", "<img src=x>", "](", "[a",
    "]:", "![", ")", "http://e.com", "www.e.com", "a@b.com", "command:x", "&amp;", "*", "_", "#", "- ", "> ", "x",
    "1. ",
)  # fmt: skip

NASTY = st.lists(st.sampled_from(MARKS), max_size=30).map("".join)


def live(markdown: str) -> list[str]:
    """Return what a Markdown renderer would do beyond showing text."""

    def walk(tokens: list[Token]) -> list[str]:
        found = []
        for token in tokens:
            if token.type in ("html_inline", "html_block", "link_open", "image"):
                found.append(f"{token.type}: {token.content or token.attrs}")
            found += walk(token.children or [])
        return found

    return walk(PARSER.parse(markdown))


@pytest.mark.parametrize(
    "text",
    [
        "see [here](http://evil.example)",
        "![pixel](https://evil.example/p.png)",
        "<img src=x onerror=alert(1)>",
        "<!-- hidden -->",
        "[run](command:workbench.action.quit)",
        "<https://evil.example>",
        "[x][y]\n\n[y]: https://evil.example",
        "- item\n  ```\n<img src=x>\n",
        "``` `a`\n<b>live</b>\n```",
        "\\[x\\](http://evil.example)",
        "trailing \\",
        "\\http://e.example<b>",
    ],
)
def test_nothing_in_untrusted_text_is_live(text: str) -> None:
    assert live(safe_markdown(text)) == []
    assert live(escape(text)) == []


@given(NASTY)
def test_no_combination_of_marks_is_live(text: str) -> None:
    assert live(safe_markdown(text)) == []
    assert live(escape(text)) == []


@given(NASTY, st.lists(st.integers(0, 60), max_size=6))
def test_a_stream_gives_the_same_text_however_it_was_cut(text: str, cuts: list[int]) -> None:
    stream = SafeMarkdown()
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:end] for start, end in pairwise(places)]
    assert "".join(stream.feed(piece) for piece in pieces) + stream.finish() == safe_markdown(text)


def test_a_stream_shows_words_before_the_line_ends() -> None:
    stream = SafeMarkdown()
    assert stream.feed("It returns ") == "It returns "
    assert stream.feed("the `na") == "the "
    assert stream.feed("me` of ") == "`name` of "


@given(st.text(max_size=80))
def test_code_holds_exactly_its_text(text: str) -> None:
    shown = PARSER.parseInline(code(text))
    expected = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
    if expected and all(c.isascii() for c in text) and text.isprintable():
        inline = shown[0].children or []
        assert [token.content for token in inline] == [expected]


@given(NASTY)
def test_no_content_leaves_its_fence(text: str) -> None:
    tokens = PARSER.parse(fence(text, "python") + "\n\nafter")
    assert tokens[0].type == "fence"
    assert [token.type for token in tokens[1:]] == ["paragraph_open", "inline", "paragraph_close"]


def test_autolinks_are_shown_as_code() -> None:
    assert (
        escape("see https://evil.example/a and me@evil.example") == "see `https://evil.example/a` and `me@evil.example`"
    )
    assert escape("www.evil.example") == "`www.evil.example`"


def test_ordinary_names_stay_readable() -> None:
    assert (
        escape("Calls open_file() for each path in `self.paths`.") == "Calls open_file() for each path in `self.paths`."
    )
    assert escape("returns a list[int] if a < b & c") == "returns a list[int] if a < b & c"


def test_direction_overrides_and_control_characters_are_left_out() -> None:
    assert escape("a\u202eb\x00c\u2066") == "abc"


def test_long_text_is_cut_to_one_line() -> None:
    assert escape("word " * 100, 20).endswith("…")
    assert "\n" not in escape("a\nb")


def test_a_link_leads_where_the_index_says_whatever_its_name() -> None:
    tokens = PARSER.parse(link("evil](http://x)", "file:///a.py#L3"))[1].children or []
    assert [token.attrs["href"] for token in tokens if token.type == "link_open"] == ["file:///a.py#L3"]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Adds `a` and ``b`c``.", "Adds a and b`c."),
        ("Called once: [`f`](file:///r/a%29.py#L2) · x", "Called once: f · x"),
        (
            "```python\ndef f() -> `x`\n[a](b) \\*\n```\n\n\\<b> 2 \\* 3 \\# \\_x\\_",
            "def f() -> `x`\n[a](b) \\*\n\n<b> 2 * 3 # _x_",
        ),
        ("````\n```\n````\nend", "```\nend"),
        ("a lone ` stays", "a lone ` stays"),
    ],
)
def test_plain_text_is_what_the_markdown_says(markdown: str, text: str) -> None:
    assert plain_text(markdown) == text


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_plain_text_of_a_code_span_is_its_content(text: str) -> None:
    content = " ".join(text.split())
    assert plain_text(code(content)) == content
