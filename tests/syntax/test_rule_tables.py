"""The tables of rules: a faulty one costs its own language only, with a sentence that names it."""

import pytest

from forethought.syntax.behavior import read_bodies, readers
from forethought.syntax.behavior_rules import ROLES, read_behavior_rules
from forethought.syntax.effect_rules import read_effect_rules
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from support.behaviors import DESCRIBED, LANGUAGES


def test_every_role_is_read():
    assert set(readers()) == ROLES


def test_every_node_type_and_field_of_the_tables_exists():
    unknown = []
    for name in DESCRIBED:
        language = LANGUAGES.named(name)
        grammar = language.grammar
        kinds = {grammar.node_kind_for_id(number) for number in range(grammar.node_kind_count)}
        for node_type, role in language.behavior.roles.items():
            unknown += (
                [f"{name}: {node_type}"] if node_type not in kinds and name not in ("tsx", "typescript", "cpp") else []
            )
            for part in role[1:]:
                if part[0].isalpha() and role[0] not in ("with", "effect") and part not in language.fields:
                    unknown.append(f"{name}: {node_type} {part}")
    assert not unknown


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("[python]\nstatements = 1\n", "“statements” is not a table"),
        ("[python.statements]\nx = 'unheard of'\n", "the role of “x” is not a known one"),
        ("[python]\nreceivers = 'self'\n", "“receivers” is not a list of strings"),
        ("[python]\nshell = 'yes'\n", "“shell” is neither true nor false"),
        ("[python]\nwords = { raise = 1 }\n", "“words” is not a table of strings"),
        ("[python]\nunheard = []\n", "“unheard” is not a known rule"),
        ("[python]\ninherits = 'nothing'\n", "“nothing” is not a table"),
        ("[python]\ninherits = 'python'\n", "it inherits from itself"),
    ],
)
def test_a_faulty_behavior_table_is_a_sentence(tmp_path, table, fault):
    (tmp_path / "languages.toml").write_text("")
    (tmp_path / "behavior.toml").write_text(table)
    languages = load_languages([tmp_path])
    python = languages.named("python")
    assert python is not None and python.behavior is None
    assert languages.problems == [f"{tmp_path / 'behavior.toml'}: the entry “python” is left out because {fault}."]
    assert languages.named("lua").behavior is not None
    source = b"def f():\n    return 1\n"
    assert read_bodies(python, source, read_tags(python, source)) == {}


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("[python]\nfile_read = 'open'\n", "“file_read” is not a list of strings"),
        ("[python]\nunheard = []\n", "“unheard” is not a known rule"),
        ("[python]\ninherits = 'python'\n", "it inherits from itself"),
    ],
)
def test_a_faulty_table_of_effects_is_a_sentence(tmp_path, table, fault):
    (tmp_path / "languages.toml").write_text("")
    (tmp_path / "effects.toml").write_text(table)
    languages = load_languages([tmp_path])
    python = languages.named("python")
    assert python is not None and python.effects is None
    assert languages.problems == [f"{tmp_path / 'effects.toml'}: the entry “python” is left out because {fault}."]


def test_a_table_that_is_no_toml_is_a_sentence(tmp_path):
    (tmp_path / "languages.toml").write_text("")
    (tmp_path / "behavior.toml").write_text("[")
    languages = load_languages([tmp_path])
    assert len(languages.problems) == 1
    assert languages.named("python").behavior is not None


def test_a_table_may_inherit_from_another():
    tables = {
        "a": {"receivers": ["self"], "statements": {"x": "block"}},
        "b": {"inherits": "a", "statements": {"y": "raise"}},
    }
    rules = read_behavior_rules(tables, "b")
    assert rules.receivers == {"self"}
    assert rules.roles == {"x": ("block",), "y": ("raise",)}
    effects = read_effect_rules({"a": {"log": ["print"]}, "b": {"inherits": "a", "clock": ["now"]}}, "b")
    assert (effects.category("print"), effects.category("now"), effects.category("x")) == ("log", "clock", None)
