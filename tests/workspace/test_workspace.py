"""What editors read of one root: buffers win over the disk, and the disk over what was indexed."""

import threading
from pathlib import Path
from typing import Any

import pytest

from forethought.app.session import Session
from forethought.engine.api import CancelToken
from forethought.errors import IndexingError, StoreError
from forethought.idle.precomputation import Selection
from forethought.names.resolver import Target
from forethought.syntax.extraction import read_tags
from forethought.syntax.tags import Position
from forethought.workspace.indexer import IndexReport
from forethought.workspace.snapshot import Buffer
from support.polling import eventually
from support.repository import git, make_repository
from support.session_world import SOURCE, SessionWorld


def test_a_file_that_changed_on_disk_is_read_as_it_is_now(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    world.write("greet.py", f"import os\n\n\n{SOURCE}")
    assert workspace.targets_at("greet.py", Position(16, 5)) == (Target("greet.py", "polish"),)
    assert workspace.wait_idle(10)
    assert workspace.index.tags("greet.py").symbol("polish").selection.start.row == 16  # type: ignore[union-attr]
    assert workspace.targets_at("greet.py", Position(16, 5)) == (Target("greet.py", "polish"),)


def test_an_open_buffer_wins_over_the_disk_until_it_is_closed(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    workspace.change_file("greet.py", "def polish(shoe):\n    return shoe\n", 1)
    snapshot = workspace.wait_document("greet.py", 1, 10)
    assert snapshot is not None
    symbol_info = workspace.symbol_info(Target("greet.py", "polish"))
    assert symbol_info is not None
    assert symbol_info.symbol.signature == "def polish(shoe)"
    workspace.close_file("greet.py")
    symbol_info = workspace.symbol_info(Target("greet.py", "polish"))
    assert symbol_info is not None
    assert symbol_info.symbol.signature == "def polish(text: str) -> str"


def test_a_document_follows_each_edit(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    workspace.change_file("greet.py", SOURCE, 1)
    workspace.change_file("greet.py", f"\n{SOURCE}", 2)
    snapshot = workspace.wait_document("greet.py", 2, 10)
    assert snapshot is not None
    assert workspace.targets(snapshot, Position(14, 4)) == (Target("greet.py", "polish"),)
    assert snapshot.identifier(Position(0, 0)) is None


def test_names_follow_what_another_open_file_defines_before_it_is_saved(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    workspace.change_file("greet.py", SOURCE, 1)
    workspace.change_file("more.py", "from greet import later\n\nlater()\n", 1)

    def meaning() -> tuple[Target, ...]:
        snapshot = workspace.wait_document("more.py", 1, 10)
        assert snapshot is not None
        return workspace.targets(snapshot, Position(2, 0))

    assert meaning() == ()
    workspace.change_file("greet.py", f"{SOURCE}\n\ndef later(): ...\n", 2)
    assert meaning() == (Target("greet.py", "later"),)
    workspace.change_file("greet.py", SOURCE, 3)
    assert meaning() == ()


def test_a_new_file_is_found_without_a_notification_when_it_is_asked_about(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    world.write("new.py", "def brand_new(): ...\n\nbrand_new()\n")
    assert workspace.read_document("new.py") is not None
    assert workspace.wait_idle(10)
    assert workspace.targets_at("new.py", Position(2, 1)) == (Target("new.py", "brand_new"),)


def test_reading_changes_nothing_and_only_catching_up_has_a_newer_text_indexed(
    world: SessionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    queued: list[object] = []
    monkeypatch.setattr(workspace.refresher, "refresh_soon", queued.append)
    world.write("greet.py", SOURCE.replace("text.strip()", "text.lower()"))
    target = Target("greet.py", "polish")
    before = workspace.documents.snapshot().id
    assert workspace.symbols.complete(target) is None
    assert workspace.symbols.with_insights(target) is None
    assert workspace.saved.context(target) is None
    assert workspace.last_change(target) is None
    assert workspace.documents.read("greet.py") is not None
    assert workspace.documents.snapshot().id == before
    assert not queued
    workspace.catch_up("greet.py")
    workspace.catch_up("greet.py")
    assert queued == [["greet.py"]]
    assert workspace.symbols.complete(target) is not None


def test_a_snapshot_does_not_see_what_is_edited_after_it_was_taken(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    workspace.change_file("greet.py", SOURCE, 1)
    assert workspace.wait_document("greet.py", 1, 10)
    before = workspace.documents.snapshot()
    workspace.change_file("greet.py", "def unsaved(): ...\n", 2)
    assert workspace.wait_document("greet.py", 2, 10)
    after = workspace.documents.snapshot()
    assert after.id != before.id
    for files in (before, before.overlay):
        tags = files.tags("greet.py")
        assert tags is not None
        assert tags.symbol("polish") is not None
        assert tags.symbol("unsaved") is None
    assert [row[:2] for row in after.overlay.definitions_named("unsaved")] == [("greet.py", "unsaved")]
    assert not before.overlay.definitions_named("unsaved")


def test_a_new_insight_costs_no_facts_and_no_context(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    _, workspace = world.open()
    workspace.refresh()
    target = Target("greet.py", "polish")
    before = workspace.symbol_info(target)
    assert before is not None
    assert before.state == "missing"
    other, its_workspace = world.open()
    other.precompute(its_workspace, Selection(paths=("greet.py",)), lambda progress: None, CancelToken())
    monkeypatch.setattr(workspace.symbols, "_facts", None)
    monkeypatch.setattr(workspace.symbols, "_look_up", None)
    workspace.insights_changed([target])
    assert workspace.wait_idle(10)
    after = workspace.quick_info(target)
    assert after is not None
    assert (after.state, after.facts) == ("fresh", before.facts)
    assert after.version != before.version


def test_shown_facts_never_rest_on_an_older_state(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    target = Target("greet.py", "polish")
    symbol_info = workspace.symbol_info(target)
    assert symbol_info is not None
    assert symbol_info.facts is not None
    world.write("more.py", "from greet import polish\n\n\ndef more():\n    return polish('x')\n")
    workspace.refresh(["more.py"])
    shown = workspace.quick_info(target)
    assert shown is not None
    assert shown.facts is None or shown.facts.called_by_count == 2
    completed = workspace.symbol_info(target)
    assert completed is not None
    assert completed.facts is not None
    assert completed.facts.called_by_count == 2
    assert completed.version != symbol_info.version


def test_an_opened_file_is_answered_while_others_are_still_worked_on(
    world: SessionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    working, done = threading.Event(), threading.Event()

    def work_long(document: object) -> None:
        working.set()
        done.wait(60)

    monkeypatch.setattr(workspace, "_complete", work_long)
    workspace.change_file("greet.py", SOURCE, 1)
    assert working.wait(10)
    workspace.change_file("new.py", "from greet import polish\n\npolish('x')\ndef own(text):\n    pass\n", 1)
    document = workspace.wait_document("new.py", 1, 10)
    assert document is not None
    assert workspace.known_targets(document, Position(3, 4)) == (Target("new.py", "own"),)
    assert workspace.known_targets(document, Position(3, 8)) == ()
    assert workspace.known_targets(document, Position(2, 0)) is None
    (target,) = workspace.targets(document, Position(2, 0))
    assert workspace.known_targets(document, Position(2, 0)) == (target,)
    shown = workspace.quick_info(target)
    assert shown is not None
    assert (shown.symbol.signature, shown.facts) == ("def polish(text: str) -> str", None)
    workspace.complete_soon(target)
    eventually(lambda: (info := workspace.quick_info(target)) is not None and info.facts is not None)
    assert not done.is_set()
    done.set()


def test_what_is_not_computed_ahead_is_computed_when_it_is_pointed_at(
    world: SessionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forethought.workspace.symbol_infos.MAX_SECONDS_AHEAD", 0.0)
    _, workspace = world.open(engine=False)
    workspace.refresh()
    workspace.change_file("greet.py", SOURCE, 1)
    assert workspace.wait_document("greet.py", 1, 10)
    assert workspace.wait_idle(10)
    target = Target("greet.py", "polish")
    shown = workspace.quick_info(target)
    assert shown is not None
    assert shown.facts is None
    workspace.complete_soon(target)
    assert workspace.wait_idle(10)
    shown = workspace.quick_info(target)
    assert shown is not None
    assert shown.facts is not None


def test_a_file_in_an_unknown_language_has_no_document(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    world.write("notes.txt", "polish\n")
    workspace.refresh()
    assert workspace.read_document("notes.txt") is None
    assert workspace.symbol_infos("notes.txt") is None
    assert workspace.lines("nowhere.py") == ()


def test_calls_are_resolved_before_they_are_asked_about(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.watch()

    def calls_ahead() -> object:
        known = workspace.resolver().query_cache.files.get("greet.py")
        return known is not None and known.calls

    eventually(calls_ahead)
    world.write("more.py", "from greet import polish\n\n\ndef more():\n    return polish('x')\n")
    workspace.files_changed(["more.py"])
    eventually(lambda: (known := workspace.resolver().query_cache.files.get("more.py")) is not None and known.calls)
    assert workspace.facts(Target("greet.py", "polish"), "callers").called_by_count == 2


def test_the_index_counts_towards_the_space_that_insights_may_take(world: SessionWorld) -> None:
    session, workspace = world.open(engine=False, **{"cache.sizeLimit": 1_000_000})
    workspace.refresh()
    cache = session.status()["cache"]
    index = sum(file.stat().st_size for file in (world.cache / "index").iterdir())
    assert index > 0
    assert cache["bytes"] == session.contexts.info()["bytes"] + index
    assert cache["limit"] == 1_000_000
    session.remove_root(workspace.root)
    session.add_root(workspace.root)
    assert 500_000 <= session.contexts.size_limit < 1_000_000


def test_a_file_closed_while_it_is_parsed_shows_the_disk_again(
    world: SessionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()

    def close_meanwhile(*words: object) -> object:
        workspace.close_file("greet.py")
        return read_tags(*words)  # type: ignore[arg-type]

    monkeypatch.setattr("forethought.workspace.open_documents.read_tags", close_meanwhile)
    workspace.change_file("greet.py", "def unsaved(): ...\n", 1)
    assert workspace.wait_idle(10)
    tags = workspace.overlay.tags("greet.py")
    assert tags is not None
    assert tags.symbol("unsaved") is None
    assert tags.symbol("polish") is not None


def test_a_file_that_changed_back_before_it_was_indexed_is_what_it_was(
    world: SessionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    monkeypatch.setattr(workspace, "files_changed", lambda paths: None)
    world.write("greet.py", "def elsewhere(): ...\n")
    assert workspace.read_document("greet.py") is not None
    world.write("greet.py", SOURCE)
    workspace.refresh(["greet.py"])
    tags = workspace.overlay.tags("greet.py")
    assert tags is not None
    assert tags.symbol("elsewhere") is None


def test_what_was_computed_about_the_text_before_an_edit_is_not_shown_as_fresh_after_it(
    world: SessionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, workspace = world.open()
    session.start()
    eventually(lambda: _fresh(session) and not session.status()["queue"])
    workspace.change_file("greet.py", SOURCE, 1)
    assert workspace.wait_document("greet.py", 1, 10)
    assert workspace.wait_idle(10)
    monkeypatch.setattr(workspace, "_complete", lambda document: None)
    facts, target = workspace.symbols._facts, Target("greet.py", "polish")

    def edit_meanwhile(*words: object, **options: object) -> object:
        monkeypatch.setattr(workspace.symbols, "_facts", facts)
        workspace.change_file("greet.py", SOURCE.replace("text.strip()", "text.title()"), 2)
        assert workspace.wait_document("greet.py", 2, 10)
        return facts(*words, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(workspace.symbols, "_facts", edit_meanwhile)
    workspace.symbol_info(target)
    shown = workspace.quick_info(target)
    assert shown is not None
    assert shown.state != "fresh"


def test_closing_a_root_ends_its_refresh(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    _, workspace = world.open(engine=False)
    begun, ended = threading.Event(), threading.Event()

    def read_for_long(paths: object, *, cancel: CancelToken, **words: object) -> None:
        begun.set()
        if cancel.wait(30):
            ended.set()
        raise IndexingError("The test ends here.")

    monkeypatch.setattr(workspace.refresher.indexer, "refresh", read_for_long)
    workspace.files_changed(["greet.py"])
    eventually(begun.is_set)
    workspace.close()
    eventually(ended.is_set)


def test_a_refresh_that_failed_is_tried_again(world: SessionWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forethought.workspace.refresher.POLL_SECONDS", 0.01)
    _, workspace = world.open(engine=False)
    refresh, faults = workspace.refresher.indexer.refresh, [IndexingError("The index is busy.")]

    def fail_once(*words: Any, **names: Any) -> IndexReport:
        if faults:
            raise faults.pop()
        return refresh(*words, **names)

    monkeypatch.setattr(workspace.refresher.indexer, "refresh", fail_once)
    workspace.watch()
    eventually(lambda: workspace.indexed_once)


def test_insights_that_could_not_be_indexed_are_indexed_later(
    world: SessionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    search = workspace.repository_search
    search.catch_up(CancelToken())
    target = Target("greet.py", "polish")
    search.insights_changed([target])

    def fail(*words: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(search._fulltext, "put_insights", fail)
    with pytest.raises(StoreError):
        search.catch_up(CancelToken())
    assert target in search._changed


def _fresh(session: Session) -> int:
    return int(session.status()["roots"][0]["contexts"]["fresh"])


@pytest.mark.parametrize("rules", [".gitignore", ".forethoughtignore", ".git/info/exclude"])
def test_edited_ignore_rules_count_at_once(world: SessionWorld, monkeypatch: pytest.MonkeyPatch, rules: str) -> None:
    monkeypatch.setattr("forethought.workspace.refresher.POLL_SECONDS", 0.01)
    world.write("folder/loose.py", "def loose():\n    pass\n")
    _, workspace = world.open(engine=False)
    workspace.watch()
    eventually(lambda: "folder/loose.py" in workspace.index.paths())
    world.write(rules, "folder/\n")
    if not rules.startswith(".git/"):
        workspace.files_changed([rules])
    eventually(lambda: "folder/loose.py" not in workspace.index.paths())
    world.write(rules, "# nothing\n")
    if not rules.startswith(".git/"):
        workspace.files_changed([rules])
    eventually(lambda: "folder/loose.py" in workspace.index.paths())


def test_what_the_users_own_excludes_file_says_counts_at_once(
    world: SessionWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forethought.workspace.refresher.POLL_SECONDS", 0.01)
    world.write("folder/loose.py", "def loose():\n    pass\n")
    _, workspace = world.open(engine=False)
    workspace.watch()
    eventually(lambda: "folder/loose.py" in workspace.index.paths())
    rules = tmp_path / "rules"
    rules.write_text("folder/\n")
    git(world.folder, "config", "core.excludesFile", str(rules))
    eventually(lambda: "folder/loose.py" not in workspace.index.paths())
    rules.write_text("# nothing\n")
    eventually(lambda: "folder/loose.py" in workspace.index.paths())


def test_names_do_not_resolve_to_an_open_file_that_is_ignored(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    world.write(".gitignore", "hidden.py\n")
    workspace.refresh()
    workspace.change_file("hidden.py", "def secret_thing():\n    pass\n", 1)
    workspace.change_file("plain.py", "def plain_thing():\n    pass\n", 1)
    workspace.change_file("user.py", "from hidden import secret_thing\nfrom plain import plain_thing\n", 1)
    assert workspace.wait_idle(10)
    snapshot = workspace.document("user.py")
    assert snapshot is not None
    assert workspace.document("hidden.py") is not None
    assert workspace.targets(snapshot, Position(0, 19)) == ()
    assert workspace.targets(snapshot, Position(1, 18)) == (Target("plain.py", "plain_thing"),)
    assert workspace.is_left_out("hidden.py")
    assert not workspace.is_left_out("plain.py")


def test_a_file_of_a_nested_clone_has_no_facts_of_ours(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    make_repository(world.folder / "inner", {"use.py": "from greet import polish\n\npolish('x')\n"})
    assert workspace.targets_at("inner/use.py", Position(2, 2)) == ()
    workspace.change_file("inner/use.py", "from greet import polish\n\npolish('y')\n", 1)
    assert workspace.wait_idle(10)
    assert workspace.document("inner/use.py") is None
    called_by = workspace.facts(Target("greet.py", "polish"), "callers").called_by
    assert [call.path for call in called_by] == ["greet.py"]


def test_an_edited_manifest_decides_anew_what_imports_mean(world: SessionWorld) -> None:
    world.write("packages/x/package.json", '{"name": "@c/other"}')
    world.write("packages/x/index.ts", "export function far() { return 1; }\n")
    world.write("app.ts", 'import { far } from "@c/x";\nexport const near = () => far();\n')
    _, workspace = world.open(engine=False)
    workspace.refresh()
    workspace.change_file("app.ts", (world.folder / "app.ts").read_text(), 1)
    assert workspace.wait_idle(10)
    before = {item.symbol.id: item.context_hash for item in workspace.saved.symbols("app.ts")}

    def meaning() -> tuple[Target, ...]:
        assert workspace.wait_idle(10)
        snapshot = workspace.document("app.ts")
        assert snapshot is not None
        return workspace.targets(snapshot, Position(1, 26))

    assert meaning() == ()
    world.write("packages/x/package.json", '{"name": "@c/x"}')
    workspace.files_changed(["packages/x/package.json"])
    assert meaning() == (Target("packages/x/index.ts", "far"),)
    assert {item.symbol.id: item.context_hash for item in workspace.saved.symbols("app.ts")} != before
    world.write("packages/x/package.json", '{"name": "@c/other"}')
    workspace.files_changed(["packages/x/package.json"])
    assert meaning() == ()
    assert {item.symbol.id: item.context_hash for item in workspace.saved.symbols("app.ts")} == before


def test_insights_do_not_count_as_fresh_while_what_they_use_is_another(world: SessionWorld) -> None:
    """Not even between an edit and the moment when the contexts of other symbols are computed again."""
    _, workspace = world.prepared()
    workspace.change_file("greet.py", SOURCE, 1)
    assert workspace.wait_idle(10)
    user, used = Target("greet.py", "Greeter.greet"), "def polish(text: str) -> str:"
    for version, (text, expected) in enumerate(
        ((SOURCE.replace(used, "def polish(text: str, hard: bool = False) -> str:"), "stale"), (SOURCE, "fresh")), 2
    ):
        before = workspace.quick_info(user)
        assert before is not None
        workspace.documents.put(Buffer("greet.py", text.encode(), version))
        workspace.documents.build("greet.py")
        at_once = workspace.quick_info(user)
        assert at_once is not None
        assert at_once.state in ("stale", expected)
        workspace.change_file("greet.py", text, version)
        assert workspace.wait_idle(10)
        settled = workspace.quick_info(user)
        assert settled is not None
        assert settled.state == expected
    workspace.documents.put(Buffer("greet.py", SOURCE.replace(used, "def polish(text, soft):").encode(), 9))
    workspace.documents.build("greet.py")
    workspace.close_file("greet.py")
    info = workspace.symbol_info(user)
    assert info is not None
    assert info.state == "fresh"


def test_an_open_file_that_was_never_saved_follows_the_ignore_rules(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    workspace.change_file("plain.py", "def plain_thing():\n    pass\n", 1)
    workspace.change_file("user.py", "from plain import plain_thing\n", 1)

    def meaning(rules: str) -> tuple[Target, ...]:
        world.write(".forethoughtignore", rules)
        workspace.files_changed([".forethoughtignore"])
        assert workspace.wait_idle(10)
        snapshot = workspace.document("user.py")
        assert snapshot is not None
        return workspace.targets(snapshot, Position(0, 18))

    assert meaning("plain.py\n") == ()
    assert meaning("# nothing\n") == (Target("plain.py", "plain_thing"),)
    assert meaning("plain.py\n") == ()


def test_a_discarded_edit_is_not_shown_to_users_in_other_files(world: SessionWorld) -> None:
    _, workspace = world.open(engine=False)
    workspace.refresh()
    workspace.change_file("test_greet.py", (world.folder / "test_greet.py").read_text(), 1)
    workspace.change_file("greet.py", SOURCE.replace("polish(text: str)", "polish(shoe)"), 1)
    assert workspace.wait_idle(10)
    before = workspace.quick_info(Target("greet.py", "polish"))
    workspace.close_file("greet.py")
    after = workspace.quick_info(Target("greet.py", "polish"))
    assert before is not None
    assert after is not None
    assert before.symbol.signature == "def polish(shoe) -> str"
    assert after.symbol.signature == "def polish(text: str) -> str"
