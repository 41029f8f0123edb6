"""The overview of a repository: what is said of each package, file and symbol, and on what basis."""

import pytest

from forethought.engine.api import CancelToken
from forethought.errors import Cancelled
from forethought.names.resolver import Target
from forethought.workspace.repository_overview import Sentence
from support.entries import entry_of
from support.repository import write_files

FILES = {
    "README.md": "# Shop\n\n[![badge](x.svg)](y)\n\nSells things to people.\n",
    "pyproject.toml": '[project]\nname = "shop"\n[project.scripts]\nshop = "shop.cli:main"\n',
    "shop/__init__.py": '"""Everything about selling. And more."""\n\nfrom .cart import Cart\n',
    "shop/cart.py": "from .net import send\n\n\nclass Cart:\n    def buy(self):\n        send(1)\n        send(2)\n",
    "shop/net.py": 'import requests\n\n\ndef send(item):\n    """Sends one item. Blocks."""\n    requests.post(item)\n',
    "shop/cli.py": "from shop.cart import Cart\n\n\ndef main():\n    if not ready():\n        return\n"
    "    Cart().buy()\n\n\ndef ready():\n    return True\n",
    "examples/demo.py": "from shop import Cart\n\n\ndef main():\n    Cart().buy()\n\n\n"
    "if __name__ == '__main__':\n    main()\n",
    "tests/test_cart.py": "from shop import Cart\n\n\ndef test_it():\n    Cart().buy()\n",
}


@pytest.fixture
def shop(world):
    for path in ("greet.py", "test_greet.py"):
        (world.folder / path).unlink()
    write_files(world.folder, FILES)
    world.commit()
    session, workspace = world.open(engine=False)
    workspace.refresh()
    return session, workspace


def make(shop, within="", cancel=None):
    session, workspace = shop
    return session.overview(workspace, within, cancel=cancel)


def package(overview, folder):
    return next(item for item in overview.packages if item.folder == folder)


def about(overview, path, name=""):
    file = next(item for entry in overview.packages for item in entry.files if item.path == path)
    if not name:
        return file.about
    return next(item.about for item in file.symbols if item.symbol.name == name)


def write_insight(shop, path, symbol_id, text):
    session, workspace = shop
    context = workspace.saved.context(Target(path, symbol_id))
    session.contexts.put_many([entry_of(context.context_hash, summary=text)])
    workspace.index.context_hashes.mark_insights(path, [symbol_id])


def test_packages_are_in_order_of_use_and_examples_come_last(shop):
    overview = make(shop)
    assert [(item.name, item.is_support) for item in overview.packages] == [("shop", False), ("examples", True)]
    found = package(overview, "shop")
    assert found.used_by == (("examples", 1),)
    assert [item.symbol.name for item in found.exports] == ["Cart"]
    assert [(item.path, item.used_by) for item in found.files][:2] == [("shop/cart.py", 3), ("shop/net.py", 1)]
    assert overview.tests == {"tests": 1}


def test_the_readme_and_docs_say_what_it_is_for(shop):
    overview = make(shop)
    assert overview.about.text == "Sells things to people."
    said = package(overview, "shop").about
    assert (said.text, said.basis, said.state) == ("Everything about selling.", "docs", "live")


def test_a_sentence_is_from_docs_else_from_the_code(shop):
    overview = make(shop)
    assert about(overview, "shop/net.py", "send").text == "Sends one item."
    said = about(overview, "shop/cli.py", "main")
    assert (said.basis, said.state) == ("code", "live")
    assert "ready()" in said.text
    assert about(overview, "shop/cart.py", "Cart") is None


def test_a_fresh_insight_comes_first_and_a_stale_one_last(shop, world):
    workspace = shop[1]
    write_insight(shop, "shop/net.py", "send", "Posts the item to the server.")
    write_insight(shop, "shop/cart.py", "Cart", "Keeps what is bought.")
    overview = make(shop)
    said = about(overview, "shop/net.py", "send")
    assert said == Sentence("Posts the item to the server.", "model", "fresh", "shop/net.py", 3, "model")
    assert about(overview, "shop/cart.py", "Cart").state == "fresh"
    world.write("shop/net.py", FILES["shop/net.py"].replace("post(item)", "put(item)"))
    world.write("shop/cart.py", FILES["shop/cart.py"].replace("class Cart:", "class Cart(Base):"))
    workspace.refresh()
    overview = make(shop)
    assert about(overview, "shop/net.py", "send").basis == "docs"
    said = about(overview, "shop/cart.py", "Cart")
    assert (said.text, said.basis, said.state) == ("Keeps what is bought.", "model", "stale")


def test_flows_start_at_commands_and_stay_out_of_examples(shop):
    overview = make(shop)
    first = overview.flows[0].flow
    assert (first.entry.kind, first.entry.label) == ("command", "shop")
    assert [step.target.symbol_id for step in first.start.steps()] == ["main", "Cart.buy", "send"]
    paths = {step.target.path for item in overview.flows for step in item.flow.start.steps()}
    assert not any(path.startswith(("examples/", "tests/")) for path in paths)
    assert overview.flows[0].about.basis == "code"


def test_it_can_be_limited_to_a_folder_or_a_file(shop):
    overview = make(shop, "examples")
    assert [item.folder for item in overview.packages] == ["examples"]
    assert [item.flow.entry.label for item in overview.flows] == ["examples/demo.py"]
    overview = make(shop, "shop/net.py")
    assert [file.path for item in overview.packages for file in item.files] == ["shop/net.py"]
    overview = make(shop, "tests")
    assert [file.path for item in overview.packages for file in item.files] == ["tests/test_cart.py"]


def test_a_file_that_changed_since_it_was_indexed_is_not_quoted_from(shop, world):
    world.write("shop/cli.py", "def main():\n    raise Secret\n" + FILES["shop/cli.py"])
    said = about(make(shop), "shop/cli.py", "main")
    assert said is None


def test_reading_stores_nothing(shop):
    workspace = shop[1]
    before = workspace.index.generation
    assert make(shop) == make(shop)
    assert workspace.index.generation == before


def test_packages_have_the_names_by_which_they_are_imported(shop, world):
    sources = {
        "js/package.json": '{"name": "@shop/web"}',
        "js/src/index.js": "export function show() {}\n",
        "java/src/main/java/org/shop/A.java": "package org.shop;\npublic class A {}\n",
        "rust/Cargo.toml": '[package]\nname = "shop-core"\n',
        "rust/src/lib.rs": "pub fn sell() {}\n",
        "shop/inner/__init__.py": "def deep(): ...\n",
        "loose/a.lua": "function f() end\n",
    }
    write_files(world.folder, sources)
    world.commit()
    shop[1].refresh()
    names = {item.folder: item.name for item in make(shop).packages}
    assert names == {
        "shop": "shop",
        "shop/inner": "shop.inner",
        "js/src": "@shop/web",
        "java/src/main/java/org/shop": "org.shop",
        "rust/src": "shop_core",
        "loose": "loose",
        "examples": "examples",
    }


def test_it_can_be_cancelled(shop):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        make(shop, cancel=cancel)
