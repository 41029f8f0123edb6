"""The sentences worth quoting in documentation."""

import pytest

from forethought.text.prose import first_sentence, opening


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        ("Sends it. Then waits.", "Sends it."),
        ("Sends it\nat once.\n\nMore.", "Sends it at once."),
        ("Like httpx.get, e.g. for files. More.", "Like httpx.get, e.g. for files."),
        ("Reads version 1.2 of it. More.", "Reads version 1.2 of it."),
        ("Returns {@code null} or a {@link Foo}.", "Returns `null` or a `Foo`."),
        ("<p>Holds <b>all</b> items.</p>", "Holds all items."),
        ("See :class:`Client` and ``x``.", "See `Client` and `x`."),
        ("Title\n=====\n\nBody.", "Title"),
        ("Copyright 2020 Someone.\n\nDoes it.", "Does it."),
        ("eslint-disable-next-line foo", None),
        ("@deprecated use other", None),
        ("Our exceptions:\n\n* one", "Our exceptions"),
        ("[a]: http://x\n[b]: http://y\n\n<br>\n\nParses it.", "Parses it."),
        ("See `the docs <http://x>`_ and `this`_.", "See the docs and `this`."),
        ("url = make('x')\n\nassert url.host\n\nA URL.", "A URL."),
        ("----", None),
        ("", None),
        (None, None),
    ],
)
def test_the_first_sentence(doc, expected):
    assert first_sentence(doc) == expected


def test_long_sentences_are_cut():
    assert first_sentence("word " * 100, 20) == "word word word word…"


@pytest.mark.parametrize(
    ("readme", "expected"),
    [
        ("# Name\n\n[![Build](b.svg)](x)\n\nName *does* many [things](http://x).\n\nMore.", "Name does many things."),
        (
            '<div align="center"><p>Buy our things now, please.</p></div>\n\n> Small and elegant HTTP client\n',
            "Small and elegant HTTP client",
        ),
        (
            '<p align="center"><em>Logo and so on here</em></p>\n\nIt is a client for HTTP.\n',
            "It is a client for HTTP.",
        ),
        ("```sh\ninstall this thing right now\n```\n\nA tool for many things.\n", "A tool for many things."),
        ("Name\n====\n\nA tool for many things.\n", "A tool for many things."),
        ("# Only a heading\n", None),
        ("", None),
    ],
)
def test_the_opening_of_a_readme(readme, expected):
    assert opening(readme) == expected


def test_hostile_text_takes_no_time():
    for text in ("<div>" * 50_000, "[" * 50_000, "*" * 50_000, "<p " * 50_000, "<!--" * 50_000, "> " * 50_000):
        opening(text)
        first_sentence(text[:20_000])
