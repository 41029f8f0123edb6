"""Query results that are kept across changes equal freshly computed ones."""

import hashlib
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forethought.facts.call_graph import find_calls
from forethought.facts.symbol_facts import facts_of
from forethought.names.query_cache import SharedQueryCache
from forethought.names.resolver import Resolver
from forethought.store.index_store import IndexedFile, IndexStore
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.tags import FileTags
from forethought.workspace.snapshot import OverlaySnapshot
from support.properties import examples

PYTHON = load_languages().named("python")
PATHS = ("a.py", "b.py", "c.py", "test_d.py")
STATEMENTS = (
    "from {module} import {name}",
    "from {module} import {name} as {other}",
    "from {module} import *",
    "import {module}",
    "class {Name}:\n    def {name}(self): return self.{other}()\n    def {other}(self): return {Other}()",
    "class {Name}({Other}):\n    def {other}(self): super().{other}(); self.{name}()",
    "class {Name}({module}.{Other}): pass",
    "def {name}() -> {Other}: return {other}()",
    "def {name}(): return {other}()",
    "def {name}(): return {module}.{other}()",
    "def test_{name}():\n    it = {other}()\n    it.{name}()",
    "{name} = {other}()",
    "{name}.{other}()",
    "{Name}().{name}().{other}()",
    "{module}.{Name}().{name}()",
)
NAMES = ("go", "run", "open_it", "make")
CLASSES = ("Jar", "App", "Base")
MODULES = ("a", "b", "c")

statements = st.builds(
    lambda form, name, other, class_name, other_class, module: form.format(
        name=name, other=other, Name=class_name, Other=other_class, module=module
    ),
    st.sampled_from(STATEMENTS),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from(CLASSES),
    st.sampled_from(CLASSES),
    st.sampled_from(MODULES),
)
sources = st.lists(statements, min_size=0, max_size=6).map("\n".join)
edits = st.tuples(st.sampled_from(PATHS), st.one_of(st.none(), sources, sources, sources), st.booleans())


def tags_of(text: str) -> FileTags:
    assert PYTHON is not None
    return read_tags(PYTHON, text.encode())


def put(store: IndexStore, path: str, text: str) -> None:
    data = text.encode()
    store.put([IndexedFile(path, len(data), 0, hashlib.sha256(data).hexdigest(), "python", tags_of(text))])


def everything(snapshot: OverlaySnapshot, resolver: Resolver) -> Iterator[object]:
    for path in sorted(snapshot.paths()):
        tags = snapshot.tags(path)
        assert tags is not None
        for symbol in tags.symbols:
            yield path, symbol.id, facts_of(snapshot, path, symbol.id, resolver=resolver)
        for reference in tags.references:
            yield path, reference, resolver.resolve(path, reference)


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(st.lists(sources, min_size=4, max_size=4), st.lists(edits, max_size=5), st.randoms(use_true_random=False))
def test_results_kept_across_edits_equal_fresh_ones(first, changes, chooser) -> None:  # type: ignore[no-untyped-def]
    store = IndexStore.in_memory()
    for path, text in zip(PATHS, first, strict=True):
        put(store, path, text)
    snapshot = OverlaySnapshot(store)
    shared = SharedQueryCache()
    for path, text, in_buffer in [("a.py", first[0], False), *changes]:
        if in_buffer:
            snapshot = snapshot.with_document(path, tags_of(text) if text is not None else None)
        elif text is None:
            store.remove([path])
        else:
            put(store, path, text)
        paths = sorted(snapshot.paths())
        for ahead in chooser.sample(paths, chooser.randint(0, len(paths))):
            find_calls(Resolver(snapshot, shared.current(snapshot)), ahead)
        assert list(everything(snapshot, Resolver(snapshot, shared.current(snapshot)))) == list(
            everything(snapshot, Resolver(snapshot))
        )


def test_a_change_invalidates_only_the_files_that_depend_on_it() -> None:
    store = IndexStore.in_memory()
    put(store, "a.py", "def go(): ...\n")
    put(store, "b.py", "from a import go\ngo()\n")
    put(store, "c.py", "def run(): ...\nrun()\n")
    shared = SharedQueryCache()
    for path in ("a.py", "b.py", "c.py"):
        find_calls(Resolver(store, shared.current(store)), path)
    put(store, "a.py", "def go(): return 1\n")
    assert set(shared.current(store).files) == {"c.py"}


def test_a_restored_text_keeps_no_result_of_the_text_in_between() -> None:
    store = IndexStore.in_memory()
    put(store, "a.py", "from b import go\n")
    put(store, "b.py", "def go(): ...\n")
    put(store, "c.py", "from a import go\ngo()\n")
    shared = SharedQueryCache()
    resolver = Resolver(store, shared.current(store))
    put(store, "a.py", "go = 1\n")
    find_calls(resolver, "c.py")  # while it runs, the snapshot moves on
    put(store, "a.py", "from b import go\n")
    (call,) = find_calls(Resolver(store, shared.current(store)), "c.py")["go"]
    assert call.targets == (("b.py", "go"),)


def test_work_over_an_earlier_snapshot_adds_nothing_to_the_results_of_a_later_one() -> None:
    store = IndexStore.in_memory()
    put(store, "a.py", "from b import go\n")
    put(store, "b.py", "def go(): ...\n")
    put(store, "c.py", "from a import go\ngo()\n")
    earlier = OverlaySnapshot(store)
    later = earlier.with_document("a.py", tags_of("def go(): ...\n"))
    shared = SharedQueryCache()
    resolver = Resolver(earlier, shared.current(earlier))
    shared.current(later)
    (before,) = find_calls(resolver, "c.py")["go"]  # while it runs, a buffer is edited
    (after,) = find_calls(Resolver(later, shared.current(later)), "c.py")["go"]
    assert (before.targets, after.targets) == ((("b.py", "go"),), (("a.py", "go"),))


def test_only_some_files_names_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forethought.names.query_cache.MAX_FILE_NAMES", 2)
    store = IndexStore.in_memory()
    for name in "abc":
        put(store, f"{name}.py", f"def {name}(): ...\n")
    resolver = Resolver(store)
    for name in "abcab":
        assert resolver.module_member(f"{name}.py", name) == ((f"{name}.py", name),)
    assert set(resolver.query_cache.names) == {"a.py", "b.py"}


def test_results_do_not_depend_on_the_order_of_queries() -> None:
    text = (
        "class A:\n    def x(self): ...\nclass B:\n    def x(self): ...\n"
        "first = A() if one else second\n"
        "second = B() if one else third\n"
        "third = first if one else second\n"
        "first.x\nsecond.x\nthird.x\n"
    )
    store = IndexStore.in_memory()
    put(store, "a.py", text)
    tags = store.tags("a.py")
    assert tags is not None
    asked = [reference for reference in tags.references if reference.name == "x"]
    alone = [Resolver(store).resolve("a.py", reference) for reference in asked]
    assert [len(resolution.targets) for resolution in alone] == [2, 2, 2]
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]):
        resolver = Resolver(store)
        found = {number: resolver.resolve("a.py", asked[number]) for number in order}
        assert [found[number] for number in range(3)] == alone


def test_threads_share_results() -> None:
    store = IndexStore.in_memory()
    put(store, "a.py", "class A:\n    def x(self): ...\nA().x()\n")
    shared = SharedQueryCache()
    worker = threading.Thread(target=lambda: find_calls(Resolver(store, shared.current(store)), "a.py"))
    worker.start()
    worker.join()
    assert shared.current(store).files["a.py"].calls is not None
