"""The context hash names exactly what a prompt shows: everything else may change."""

import hashlib
import textwrap

import pytest

from forethought.insights.context import Context, build_context
from forethought.insights.prompts import notes_prompt, purpose_prompt, signature_prompt
from forethought.names.resolver import Resolver
from forethought.store.index_store import IndexedFile, IndexStore
from forethought.store.tags_encoding import encode
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import Languages, load_languages
from support.indexing import context_of

APP = """
    '''An application.'''
    import os
    from helpers import clean, Store

    LIMIT = 30

    class App:
        '''Serves pages.'''

        def route(self, rule: str) -> str:
            '''Adds a rule.'''
            return clean(rule)

        def run(self, port: int = 80) -> None:
            store = Store(port)
            self.route(str(LIMIT))
"""
HELPERS = """
    class Store:
        size: int

        def __init__(self, port):
            self.port = port

        def keep(self, item):
            return item

    def clean(text):
        return text.strip()
"""


@pytest.fixture(scope="module")
def languages() -> Languages:
    return load_languages()


def build(languages: Languages, files: dict[str, str], path: str, symbol_id: str) -> Context:
    store = IndexStore.in_memory()
    python = languages.named("python")
    assert python is not None
    sources = {name: textwrap.dedent(text).lstrip("\n").encode() for name, text in files.items()}
    tags = {name: read_tags(python, source) for name, source in sources.items()}
    for name, source in sources.items():
        digest = hashlib.sha256(source).hexdigest()
        store.put([IndexedFile(name, len(source), 1, digest, "python", encode(tags[name]))])
    symbol = tags[path].symbol(symbol_id)
    assert symbol is not None
    return build_context(Resolver(store), path, tags[path], symbol, sources[path])


def prompts(context: Context) -> list[str]:
    made = (purpose_prompt(context), notes_prompt(context), signature_prompt(context))
    return [message.content for prompt in made for message in prompt.messages]


def check_same(languages: Languages, symbol_id: str, changed: dict[str, str], path: str = "app.py") -> None:
    before = build(languages, {"app.py": APP, "helpers.py": HELPERS}, "app.py", symbol_id)
    after = build(languages, changed, path, symbol_id)
    assert after.context_hash == before.context_hash
    assert prompts(after) == prompts(before)


def check_differs(languages: Languages, symbol_id: str, changed: dict[str, str]) -> None:
    before = build(languages, {"app.py": APP, "helpers.py": HELPERS}, "app.py", symbol_id)
    assert build(languages, changed, "app.py", symbol_id).context_hash != before.context_hash


def test_a_context_shows_the_source_the_header_and_the_used_interfaces(languages: Languages) -> None:
    text = build(languages, {"app.py": APP, "helpers.py": HELPERS}, "app.py", "App.run").text
    for part in ("class App", "def run(self, port: int = 80)", "class Store", "size: int", "LIMIT = 30", "def route"):
        assert part in text
    assert "item.strip" not in text
    assert "Adds a rule" not in text


def test_the_path_is_not_part_of_the_subject(languages: Languages) -> None:
    moved = {"lib/app.py": APP, "lib/helpers.py": HELPERS}
    before = build(languages, {"app.py": APP, "helpers.py": HELPERS}, "app.py", "LIMIT")
    assert build(languages, moved, "lib/app.py", "LIMIT").context_hash == before.context_hash


def test_line_endings_are_not_part_of_the_subject(languages: Languages) -> None:
    before = build(languages, {"app.py": APP, "helpers.py": HELPERS}, "app.py", "App.route")
    python = languages.named("python")
    assert python is not None
    crlf = textwrap.dedent(APP).lstrip("\n").replace("\n", "\r\n").encode()
    tags = read_tags(python, crlf)
    store = IndexStore.in_memory()
    store.put([IndexedFile("app.py", len(crlf), 1, "0" * 64, "python", encode(tags))])
    helpers = textwrap.dedent(HELPERS).lstrip("\n").encode()
    store.put([IndexedFile("helpers.py", len(helpers), 1, "1" * 64, "python", encode(read_tags(python, helpers)))])
    symbol = tags.symbol("App.route")
    assert symbol is not None
    assert build_context(Resolver(store), "app.py", tags, symbol, crlf).context_hash == before.context_hash


def test_editing_a_body_does_not_disturb_its_callers(languages: Languages) -> None:
    edited = HELPERS.replace("text.strip()", "text.lower()")
    check_same(languages, "App.route", {"app.py": APP, "helpers.py": edited})


def test_editing_one_method_does_not_disturb_its_class_or_siblings_or_file(languages: Languages) -> None:
    edited = APP.replace("return clean(rule)", "return clean(rule.lower())").replace("Adds a rule.", "Adds one rule.")
    for symbol_id in ("App", "App.run", "LIMIT", ""):
        check_same(languages, symbol_id, {"app.py": edited, "helpers.py": HELPERS})
    check_differs(languages, "App.route", {"app.py": edited, "helpers.py": HELPERS})


def test_a_new_function_in_the_file_does_not_disturb_the_others(languages: Languages) -> None:
    edited = APP + "\n    def extra(x):\n        return x\n"
    for symbol_id in ("App", "App.run", "App.route", "LIMIT"):
        check_same(languages, symbol_id, {"app.py": edited, "helpers.py": HELPERS})
    check_differs(languages, "", {"app.py": edited, "helpers.py": HELPERS})


def test_other_files_and_callers_do_not_matter(languages: Languages) -> None:
    check_same(
        languages,
        "App.route",
        {"app.py": APP, "helpers.py": HELPERS, "main.py": "from app import App\nApp().route('x')\n"},
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [("def clean(text)", "def clean(text, hard=False)")],
)
def test_a_changed_interface_disturbs_its_users(languages: Languages, old: str, new: str) -> None:
    check_differs(languages, "App.route", {"app.py": APP, "helpers.py": HELPERS.replace(old, new)})


@pytest.mark.parametrize(
    ("old", "new"), [("size: int", "size: float"), ("def keep(self, item)", "def keep(self, thing)")]
)
def test_a_changed_class_interface_disturbs_its_users(languages: Languages, old: str, new: str) -> None:
    check_differs(languages, "App.run", {"app.py": APP, "helpers.py": HELPERS.replace(old, new)})


def test_a_changed_constant_disturbs_its_users(languages: Languages) -> None:
    check_differs(languages, "App.run", {"app.py": APP.replace("LIMIT = 30", "LIMIT = 31"), "helpers.py": HELPERS})


def test_a_changed_callee_body_is_seen_by_its_digest(languages: Languages) -> None:
    edited = HELPERS.replace("text.strip()", "text.lower()")
    before = build(languages, {"app.py": APP, "helpers.py": HELPERS}, "app.py", "App.route")
    after = build(languages, {"app.py": APP, "helpers.py": edited}, "app.py", "App.route")
    assert before.callees.keys() == after.callees.keys() == {"clean"}
    assert before.callees != after.callees


def test_a_changed_nested_function_is_seen_by_its_digest(languages: Languages) -> None:
    source = "def outer(items):\n    def key(item):\n        return item.size\n    return sorted(items, key=key)\n"
    before = build(languages, {"app.py": source}, "app.py", "outer")
    after = build(languages, {"app.py": source.replace("item.size", "-item.size")}, "app.py", "outer")
    assert before.context_hash == after.context_hash
    assert before.callees != after.callees


@pytest.mark.parametrize("edited", ["a.py", "b.py"])
def test_a_change_is_seen_in_each_of_two_callees_of_the_same_name(languages: Languages, edited: str) -> None:
    files = {
        "a.py": "def clean(text):\n    return text.strip()\n",
        "b.py": "def clean(text):\n    return text.strip()\n\n\ndef other():\n    return 1\n",
        "app.py": "import a\nimport b\n\n\ndef run(text):\n    return a.clean(text) + b.clean(text)\n",
    }
    before = build(languages, files, "app.py", "run")
    after = build(languages, {**files, edited: files[edited].replace("strip", "lower")}, "app.py", "run")
    assert before.context_hash == after.context_hash
    assert before.callees != after.callees


def test_secrets_do_not_reach_the_text(languages: Languages) -> None:
    key = "AKIA" + "IOSFODNN7" + "EXAMPLQ"
    context = build(languages, {"app.py": f"def f():\n    return '{key}'\n"}, "app.py", "f")
    assert key not in context.text


def test_a_long_source_is_shortened_the_same_way_for_every_model(languages: Languages) -> None:
    body = "\n".join(f"    value_{number} = compute({number})" for number in range(2000))
    context = build(languages, {"app.py": f"def f():\n{body}\n    return 1\n"}, "app.py", "f")
    assert len(context.text) < 8500
    assert "value_0 " in context.text
    assert "return 1" in context.text


def test_a_field_is_not_an_interface_that_is_used() -> None:
    source = """
        class Jar:
            size = 3

            def weigh(self) -> int:
                return self.size
    """
    text = context_of(source, "Jar.weigh").text
    assert "class Jar" in text and "Used below" not in text
