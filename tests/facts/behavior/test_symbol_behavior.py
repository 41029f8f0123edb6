"""What questions about functions and classes are answered from, and texts of limited length."""

import itertools
import textwrap

from forethought.facts.behavior_text import standalone
from forethought.facts.symbol_behavior import MIN_TEXT, FileBehaviors, behaviors_of, member_behavior, text_limit
from forethought.syntax.behavior import read_bodies
from forethought.syntax.extraction import read_tags
from support.behaviors import LANGUAGES, behavior, behaviors

SOURCE = """
class Jar:
    def __init__(self, path):
        self.path = path
        self.items = {}

    async def fill(self, items, limit=None):
        if not items:
            return 0
        if limit is not None and len(items) > limit:
            raise ValueError("too many")
        for item in items:
            try:
                self.items[item.key] = await self.load(item)
            except OSError:
                pass
            except KeyError as error:
                raise Broken(item) from error
        with open(self.path, "w") as file:
            file.write(str(self.items))
            file.close()
        TOTAL[self.path] = len(items)
        go(lambda: setattr(self, "x", 1))
        return len(items)
"""


def test_what_it_changes_and_under_which_conditions():
    found = behavior("python", SOURCE, "fill").writes
    assert [(write.target, write.scope, write.value, write.conditions) for write in found] == [
        ("self.items[item.key]", "attribute", "self.load(item)", ("for each `item`",)),
        ("TOTAL[self.path]", "outer", "len(items)", ()),
    ]


def test_what_it_raises_catches_opens_and_closes():
    found = behavior("python", SOURCE, "fill")
    assert found.raises == ('ValueError("too many")', "Broken(item) from error")
    assert [(caught.what, caught.is_ignored) for caught in found.caught] == [
        ("OSError", True),
        ("KeyError as error", False),
    ]
    assert found.opened == ('open(self.path, "w") as file',)
    assert found.closed == ("file.close()",)
    assert (found.awaits, found.yields, found.at_least) == (True, False, False)


def test_what_happens_under_a_condition_that_names_something():
    found = behavior("python", SOURCE, "fill")
    assert [case.text for case in found.cases_about("items")] == [
        "When `not items`, returns `0`.",
        'When `limit is not None and len(items) > limit`, raises `ValueError("too many")`.',
    ]
    assert [case.condition for case in found.cases_about("limit")] == ["limit is not None and len(items) > limit"]
    assert found.cases_about("path") == ()


def test_cases_of_a_switch():
    found = behavior("java", "class K { int f(int a) { switch (a) { case 1: return 2; default: return 3; } } }")
    assert [case.text for case in found.cases_about("a")] == [
        "In the case that `a` is `1`, returns `2`.",
        "If no other case of `a` applies, returns `3`.",
    ]


def test_a_short_text_keeps_the_early_exits():
    found = behavior("python", SOURCE, "fill")
    text = found.text(200)
    assert len(text) <= 220
    assert "Returns `0` when `not items`." in text
    assert "…" in text
    summary = found.summary(160)
    assert len(summary) <= 180
    assert "Returns `0` when `not items`." in summary


def test_otherwise_is_not_said_behind_a_gap():
    source = (
        "def f(a):\n" + "".join(f"    if a == {n}:\n        return go_{n}(a)\n" for n in range(40)) + "    stop(a)\n"
    )
    sentences = behavior("python", source).sentences(150)
    for before, sentence in itertools.pairwise(sentences):
        if sentence.text.startswith("… "):
            assert not sentence.text.startswith("… Otherwise")
        if "therwise" in sentence.text:
            assert before.end_row + 1 == sentence.row


def test_a_sentence_says_where_it_is_from():
    source = "def f(a):\n    if not a:\n        return 1\n    go(a)\n    stop(a)\n"
    assert [(sentence.row, sentence.end_row) for sentence in behavior("python", source).sentences(1000)] == [
        (1, 2),
        (3, 4),
    ]


def test_text_that_refers_to_another_sentence_is_not_alone():
    body = "".join(
        f"        value_{n} = compute_something_of({n})\n        store_it_somewhere(value_{n})\n" for n in range(9)
    )
    found = behavior("python", f"def f(items):\n    for item in items:\n{body}    return items\n")
    for limit in (60, 100, 160, 300):
        text = found.text(limit)
        assert "In that loop" not in text or "For each `item` in `items`" in text


def test_statements_make_sense_alone():
    body = "".join(
        f"        value_{n} = compute_something_of({n})\n        store_it_somewhere(value_{n})\n" for n in range(9)
    )
    source = f"def f(items):\n    if not items:\n        return None\n    for item in items:\n{body}    return items\n"
    statements = list(standalone(behavior("python", source).sentences(2000), 240))
    assert [one.text for one in statements if one.text.startswith(("Otherwise", "In that", "…"))] == []
    assert statements[0].text == "Returns `None` when `not items`."
    assert statements[-1].text == "Returns `items`."


def test_the_limit_is_half_of_the_code():
    data = textwrap.dedent(SOURCE).encode()
    tags = read_tags(LANGUAGES.named("python"), data)
    fill = next(symbol for symbol in tags.symbols if symbol.short_name == "fill")
    assert text_limit(fill) == (fill.span.end - fill.span.start) // 2
    assert text_limit(tags.symbols[2]) == MIN_TEXT


def members(language, source, owner, limit=400):
    data = textwrap.dedent(source).encode()
    found = LANGUAGES.named(language)
    tags = read_tags(found, data)
    return member_behavior(tags, behaviors_of(read_bodies(found, data, tags), found), owner, limit)


def test_a_class_is_told_by_what_its_methods_change_raise_and_enter():
    assert members("python", SOURCE, "Jar") == (
        "Its methods change `self.items` (in `fill`), raise `ValueError` (in `fill`), `Broken` (in `fill`) "
        'and enter `open(self.path, "w") as file` (in `fill`).'
    )


def test_methods_outside_of_their_class_count():
    source = "package p\ntype S struct{ n int }\nfunc (s *S) Inc() { s.n++ }\nfunc other() { total = 1 }\n"
    assert members("go", source, "S") == "Its methods change `s.n` (in `Inc`)."
    assert members("go", source, "") == "Its functions change `total` (in `other`)."


def test_a_class_that_changes_nothing_has_no_text():
    assert members("python", "class A:\n    def f(self):\n        return 1\n", "A") == ""


def test_secrets_are_masked():
    source = 'def f():\n    return connect("AKIAIOSFODNN7EXAMPLQ", secret="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")\n'
    assert "AKIAIOSFODNN7EXAMPLQ" not in behavior("python", source).text(1000)


def test_a_user_grammar_without_a_behavior_table_says_nothing(tmp_path):
    assert behaviors_of({}, LANGUAGES.named("python")) == {}


def test_every_function_of_a_file_is_told_after_one_parse():
    found = behaviors(
        "python", "def f():\n    def g():\n        return 1\n    return g\nclass A:\n    def h(self):\n        pass\n"
    )
    assert set(found) == {"f", "f.g", "A.h"}


def test_a_name_with_several_values_is_never_left_out_between_them():
    source = """
    function f(cmd)
        local a, b = run(cmd)
        if cmd == "x" then
            return a == 0, a
        else
            a = a > 255 and a / 256 or a
            return a == 0, a
        end
    end
    """
    assert "sets `a` to" in behavior("lua", source).text(150)


def test_otherwise_is_about_the_nearest_condition_outside_of_parentheses():
    source = """
    def f(a, b):
        if a:
            b = g()
            if b:
                return None
        else:
            b = 1
        return b
    """
    assert behavior("python", source).text(1000) == (
        "If `a`, (gets `b` from `g()`, then returns `None` when `b`); otherwise sets `b` to `1`. Returns `b`."
    )


def test_one_function_is_read_alone_as_with_all_others():
    source = textwrap.dedent(
        """
        import sys

        class Jar:
            def open(self):
                self.lid = None
                raise Stuck(self)

        def exit(code):
            sys.exit(code)

        def leave():
            exit(2)
        """
    ).encode()
    language = LANGUAGES.named("python")
    tags = read_tags(language, source)
    one_by_one = FileBehaviors(language, source, tags)
    together = behaviors_of(read_bodies(language, source, tags), language)
    assert {key: one_by_one.behavior(key) for key in ("leave", "exit", "Jar.open")} == together
    assert one_by_one.behavior("Jar") is None and one_by_one.behavior("gone") is None
    assert one_by_one.member_behavior("Jar", 200) == member_behavior(tags, together, "Jar", 200) != ""
    assert one_by_one.member_behavior("", 200) == member_behavior(tags, together, "", 200)


def test_what_members_do_is_shortened_until_it_fits():
    methods = "".join(f"    def m{n}(self):\n        self.attribute_number_{n} = 1\n" for n in range(6))
    assert "and 1 more" in members("python", f"class Jar:\n{methods}", "Jar")
    short = members("python", f"class Jar:\n{methods}", "Jar", 100)
    assert (
        short
        == "Its methods change `self.attribute_number_0` (in `m0`), `self.attribute_number_1` (in `m1`) and 4 more."
    )
