"""What changed while you were away: from git, the index and c′."""

import subprocess

import pytest

from forethought.engine.api import CancelToken
from forethought.errors import RootError, UsageError
from forethought.insights.entry import Entry, Insights, Provenance
from forethought.names.resolver import Target
from forethought.present.digest_document import digest_document, digest_markdown
from forethought.present.location_encoder import LocationEncoder
from forethought.qa.question import Question
from support.repository import git
from support.session_world import SOURCE


def listed(digest):
    """Each item as `kind name`, with `*` for what is not committed."""
    return [
        f"{item.change.kind} {item.change.side.symbol.name or item.change.side.path}{'*' if item.uncommitted else ''}"
        for item in digest.items
    ]


def item_of(digest, name):
    return next(item for item in digest.items if item.change.side.symbol.name == name)


def edit(world, before, after, path="greet.py"):
    text = (world.folder / path).read_text(encoding="utf-8")
    assert before in text
    world.write(path, text.replace(before, after))


def markdown(digest):
    return digest_markdown(digest, LocationEncoder())


def write_insight(session, workspace, text):
    """What a pass over `polish` as it is now would keep."""
    workspace.refresh()
    context = workspace.saved.context(Target("greet.py", "polish"))
    who = {"model": "m", "generator_id": "p", "prompt_version": "1", "rounds": 1, "candidates": 1}
    cost = {"prompt_tokens": 1, "completion_tokens": 1, "seconds": 0.1, "created_at": "2026-01-01T00:00:00+00:00"}
    session.contexts.put_many(
        [Entry(context.context_hash, "p", "done", Insights(summary=text), Provenance(**who, **cost))]
    )
    workspace.index.context_hashes.mark_insights("greet.py", ["polish"])


def test_committed_and_saved_changes_are_told_apart(world):
    session, workspace = world.open(engine=False)
    edit(world, "text.strip()", "text.rstrip()")
    world.commit()
    edit(world, "Hello", "Good day")
    digest = session.digest(workspace, "HEAD~1")
    assert sorted(listed(digest)) == ["changed Greeter.greet*", "changed polish"]
    text = markdown(digest)
    assert text.index("## Committed") < text.index("polish") < text.index("## Not committed yet")


def test_who_is_affected_is_counted_and_linked(world):
    session, workspace = world.open(engine=False)
    edit(world, "def polish(text: str)", "def polish(text: str, width: int = 80)")
    digest = session.digest(workspace, "HEAD")
    item = item_of(digest, "polish")
    assert item.calls == 1
    assert item.change.details == ("parameter `width: int = 80` added",)
    assert "called once: [`Greeter.greet`](file://" in markdown(digest)


def test_who_uses_what_cannot_be_called_is_affected(world):
    world.write("rates.py", "RATE = 3\n\n\ndef fee() -> int:\n    return RATE\n")
    world.commit()
    session, workspace = world.open(engine=False)
    world.write("rates.py", "RATE = 4\n\n\ndef fee() -> int:\n    return RATE\n")
    workspace.refresh()
    digest = session.digest(workspace, "HEAD")
    assert (item_of(digest, "RATE").calls, item_of(digest, "RATE").uses) == (0, 1)
    assert "used once: [`fee`](file://" in markdown(digest)


def test_uses_of_a_name_that_is_gone_are_told(world):
    session, workspace = world.open(engine=False)
    edit(world, "def polish(text: str) -> str:\n    return text.strip()\n", "")
    item = item_of(session.digest(workspace, "HEAD"), "polish")
    assert (item.change.kind, len(item.left_behind)) == ("removed", 1)


def test_an_insight_about_the_earlier_text_says_what_it_did_and_a_fresh_one_what_it_does(world):
    session, workspace = world.open(engine=False)
    write_insight(session, workspace, "It takes the spaces away at both ends.")
    edit(world, "text.strip()", "text.rstrip()")
    before = item_of(session.digest(workspace, "HEAD"), "polish")
    assert before.did.text == "It takes the spaces away at both ends."
    assert (before.did.source, before.does, before.state) == ("insights", None, "stale")
    write_insight(session, workspace, "It takes the spaces away at the end.")
    after = item_of(session.digest(workspace, "HEAD"), "polish")
    assert after.did.text == "It takes the spaces away at both ends."
    assert (after.does.text, after.state) == ("It takes the spaces away at the end.", "fresh")


def test_without_insights_the_docs_speak_and_the_lack_is_marked(world):
    session, workspace = world.open(engine=False)
    edit(world, '"""Greets one person."""', '"""Greets somebody."""')
    edit(world, "Hello", "Hi")
    digest = session.digest(workspace, "HEAD")
    item = item_of(digest, "Greeter.greet")
    assert (item.did.text, item.does.text, item.state) == ("Greets one person.", "Greets somebody.", "missing")
    assert "now: Greets somebody. _(docs)_ — no insight yet" in markdown(digest)


def test_it_says_how_many_more_there_are(world):
    session, workspace = world.open(engine=False)
    world.write("many.py", "".join(f"def f{number}():\n    return {number}\n\n\n" for number in range(30)))
    digest = session.digest(workspace, "HEAD", 10)
    assert (len(digest.items), digest.total, digest.more) == (10, 31, 21)
    assert "… and 21 more changed symbols." in markdown(digest)


def test_other_files_are_named(world):
    session, workspace = world.open(engine=False)
    world.write("data.bin", "\0\1")
    world.write("notes.xyz", "hello")
    digest = session.digest(workspace, "HEAD")
    assert digest.other_files == ("data.bin", "notes.xyz")
    assert "no symbol changed" in markdown(digest)


def test_a_removed_secret_or_excluded_file_is_not_read(world):
    world.write("gen/made.py", "def made():\n    return 1\n")
    world.commit()
    session, workspace = world.open(engine=False, exclude=["gen/"])
    (world.folder / "gen/made.py").unlink()
    assert listed(session.digest(workspace, "HEAD")) == []


class TestSince:
    def test_the_second_digest_starts_where_the_first_one_ended(self, world):
        session, workspace = world.open(engine=False)
        first = session.digest(workspace, None)
        edit(world, "Hello", "Hi")
        world.commit()
        second = session.digest(workspace, None)
        assert (second.since, second.reason) == (first.head, "your last digest")
        assert listed(second) == ["changed Greeter.greet"]

    def test_asking_again_gives_the_same_again_until_there_is_a_new_commit(self, world):
        session, workspace = world.open(engine=False)
        session.digest(workspace, None)
        edit(world, "Hello", "Hi")
        world.commit()
        assert [listed(session.digest(workspace, None)) for _ in range(2)] == [["changed Greeter.greet"]] * 2

    def test_the_first_digest_of_an_old_repository_shows_the_last_commit(self, world):
        edit(world, "Hello", "Hi")
        git(world.folder, "add", "-A")
        git(world.folder, "-c", "core.hooksPath=", "commit", "-q", "-m", "old", "--date", "2020-01-01T00:00:00")
        session, workspace = world.open(engine=False)
        digest = session.digest(workspace, None)
        assert digest.reason == "the commit before the last one"
        assert listed(digest) == ["changed Greeter.greet"]

    def test_a_commit_that_was_rewritten_is_not_missed(self, world):
        session, workspace = world.open(engine=False)
        session.digest(workspace, None)
        edit(world, "Hello", "Hi")
        git(world.folder, "add", "-A")
        git(world.folder, "commit", "-q", "--amend", "-m", "other")
        git(world.folder, "reflog", "expire", "--expire=now", "--all")
        git(world.folder, "gc", "-q", "--prune=now")
        assert session.digest(workspace, None).reason == "the last commit, since nothing older is available here"

    def test_an_unknown_revision_is_a_mistake_of_the_request(self, world):
        session, workspace = world.open(engine=False)
        with pytest.raises(UsageError, match="'nope' is not a commit"):
            session.digest(workspace, "nope")

    def test_a_shallow_clone_without_the_commit_before_shows_the_working_tree(self, world, tmp_path):
        world.write("other.py", "x = 1\n")
        world.commit()
        clone = tmp_path / "shallow"
        subprocess.run(["git", "clone", "-q", "--depth=1", world.folder.as_uri(), str(clone)], check=True)
        (clone / "greet.py").write_text(SOURCE.replace("Hello", "Hi"), encoding="utf-8")
        session, _ = world.open(engine=False)
        digest = session.digest(session.add_root(clone), None)
        assert listed(digest) == ["changed Greeter.greet*"]
        with pytest.raises(UsageError, match="fetch more history"):
            session.digest(digest.workspace, "HEAD~1")

    def test_without_a_commit_there_is_nothing_to_compare_with(self, world, tmp_path):
        session, _ = world.open(engine=False)
        empty = tmp_path / "empty"
        subprocess.run(["git", "init", "-q", str(empty)], check=True)
        with pytest.raises(RootError, match="has no commits yet"):
            session.digest(session.add_root(empty), None)

    def test_without_git_there_is_no_digest(self, world, tmp_path):
        session, _ = world.open(engine=False)
        bare = tmp_path / "bare"
        bare.mkdir()
        with pytest.raises(RootError, match="not in a git repository"):
            session.digest(session.add_root(bare), None)


def test_text_of_the_repository_cannot_become_a_link_or_html(world):
    session, workspace = world.open(engine=False)
    edit(world, "text.strip()", "text.strip()  # x")
    edit(world, "def polish", "# [x](command:evil) <img src=x>\ndef polish")
    edit(world, '"""Greets one person."""', '"""<script>x</script> [go](command:evil)"""')
    text = markdown(session.digest(workspace, "HEAD"))
    assert "\\<script>" in text
    assert "](command:" not in text


def test_the_document_holds_places_in_the_clients_code_units(world):
    session, workspace = world.open(engine=False)
    edit(world, 'print(Greeter().greet("you"))', 'smile = "😀"; print(Greeter().greet("you"), smile)')
    edit(world, "Hello", "Hi")
    document = digest_document(session.digest(workspace, "HEAD"), LocationEncoder())
    item = next(item for item in document["items"] if item["symbol"] == "Greeter.greet")
    caller = item["affected"]["callers"][0]
    assert (caller["symbol"], caller["range"]["start"]["character"]) == ("main", 34)
    assert document["markdown"].startswith("# What changed")


def test_which_symbols_changed_is_a_question_of_fact(world):
    session, workspace = world.open(engine=False)
    edit(world, "text.strip()", "text.rstrip()")
    workspace.refresh()
    answer = session.ask(Question("Which symbols changed since HEAD?"), lambda delta: None, CancelToken())
    assert answer.tier == "facts"
    assert answer.text == "1 symbol has changed since `HEAD`:\n- changed `polish` (greet.py:14): body"
    assert [source.symbol for source in answer.sources] == ["polish"]
    unknown = session.ask(Question("What changed since nowhere?"), lambda delta: None, CancelToken())
    assert (unknown.tier, "'nowhere' is not a commit" in unknown.text) == ("none", True)
