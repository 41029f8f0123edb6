"""Where the outside world enters: commands, `main` functions, routes, public interfaces."""

import pytest

from forethought.facts.entry_points import find_api, find_entry_points
from forethought.facts.exports import exports_of
from forethought.names.resolver import Resolver
from forethought.syntax.command_manifests import read_commands
from support.indexing import index_of


def entries(sources, commands=()):
    index = index_of(sources)
    found = find_entry_points(
        Resolver(index),
        sorted(index.paths()),
        commands,
        lambda path: sources[path].encode() if path in sources else None,
    )
    return [(item.kind, item.label, item.target.symbol_id) for item in found]


def api(sources):
    index = index_of(sources)
    return [item.label for item in find_api(Resolver(index), sorted(index.paths()))]


def exports(sources):
    index = index_of(sources)
    return [target.symbol_id for target in exports_of(Resolver(index), sorted(index.paths()))]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("main.go", "package main\nfunc main() {}\nfunc other() {}\n", "main"),
        ("src/main.rs", "fn main() {}\nmod a { pub fn main() {} }\n", "main"),
        ("a.c", "int main(void) { return 0; }\n", "main"),
        ("A.java", "class A { public static void main(String[] args) {} }\n", "A.main"),
        ("a.py", "def main(): ...\nif __name__ == '__main__':\n    main()\n", "main"),
        ("b.py", "def run(): ...\nif __name__ == '__main__':\n    run()\n", ""),
        ("__main__.py", "from a import main\nmain()\n", ""),
    ],
)
def test_programs_start_where_their_language_says(path, text, expected):
    assert entries({path: text}) == [("main", path, expected)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "def main(): ...\n"),
        ("A.java", "class A { void main() {} }\n"),
        ("a.c", "int main(void);\n"),
        ("a.js", "function main() {}\n"),
    ],
)
def test_a_function_named_main_need_not_be_one(path, text):
    assert entries({path: text}) == []


def test_a_command_is_what_the_manifest_calls():
    manifest = '[project.scripts]\nshop = "shop.cli:run"\n[tool.poetry.scripts]\nold = "nowhere:main"\n'
    commands = read_commands("sub/pyproject.toml", manifest)
    sources = {"sub/src/shop/cli.py": "def run(): ...\n"}
    assert entries(sources, commands) == [("command", "shop", "run")]
    commands = read_commands("package.json", '{"name": "@a/tool", "bin": "./bin/tool.js"}')
    assert entries({"bin/tool.js": "run()\n"}, commands) == [("command", "tool", "")]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[project"),
        ("pyproject.toml", "project = 3"),
        ("pyproject.toml", "[project]\nscripts = 3"),
        ("pyproject.toml", "[project.scripts]\na = 3\nb = 'c'\n"),
        ("package.json", "[]"),
        ("package.json", '{"bin": 3}'),
        ("package.json", "[" * 100_000),
        ("setup.cfg", "x"),
    ],
)
def test_manifests_may_hold_anything(path, text):
    assert read_commands(path, text) == ()


def test_decorated_functions_are_commands_and_routes():
    text = (
        "@cli.command()\n@option(default=os.environ.get('/x'))\ndef build(): ...\n"
        "@app.get('/items/{id}')\nasync def item(id): ...\n"
        '@app.route("/")\ndef index(): ...\n'
        "@cache.get('key')\ndef neither(): ...\n"
    )
    assert entries({"a.py": text}) == [
        ("command", "build", "build"),
        ("route", "GET /items/{id}", "item"),
        ("route", "ANY /", "index"),
    ]


def test_annotated_methods_are_routes():
    java = 'class A {\n  @GetMapping("/items")\n  String items() { return ""; }\n  @Override\n  void other() {}\n}\n'
    assert entries({"A.java": java}) == [("route", "GET /items", "A.items")]


def test_a_handler_that_is_named_with_its_path_is_a_route():
    go = (
        'package p\nfunc List() {}\nfunc routes(r Router) {\n\tr.Get("/items", List)\n\tr.Get("key", List)\n'
        '\tr.Post("/items", func() { List() })\n}\n'
    )
    assert ("route", "GET /items", "List") in entries({"a.go": go})
    assert len(entries({"a.go": go})) == 1
    js = "function list(q, s) {}\napp.get('/items', auth, list);\ncache.get('items', list);\n"
    assert entries({"a.js": js}) == [("route", "GET /items", "list")]


def test_what_a_python_package_exports_is_in_its_init():
    sources = {
        "p/__init__.py": "from ._a import *\nfrom ._b import One, _hidden\nfrom os import path\ndef own(): ...\n",
        "p/_a.py": "def star(): ...\ndef _private(): ...\n",
        "p/_b.py": "class One:\n    def do(self): ...\n    def _no(self): ...\n\ndef _hidden(): ...\n",
        "p/c.py": "def not_exported(): ...\n",
    }
    assert exports(sources) == ["own", "star", "One"]
    assert api(sources) == ["own", "star", "One.do"]
    del sources["p/__init__.py"]
    assert exports(sources) == ["not_exported"]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.go", "package p\nfunc Open() {}\nfunc close() {}\n", ["Open"]),
        ("internal/a.go", "package p\nfunc Open() {}\n", []),
        ("a.go", "package main\nfunc main() {}\nfunc Open() {}\n", []),
        ("a.rs", "pub fn open() {}\nfn close() {}\npub(crate) fn inner() {}\n", ["open"]),
        ("A.java", "public class A { class B {} }\nclass C {}\n", ["A"]),
        ("a.ts", "export function open() {}\nfunction close() {}\nexport class A {}\n", ["open", "A"]),
        ("b.ts", "export function f(a: string): void;\nexport function f(a: number): void;\n", ["f#2"]),
        ("a.c", "int open_it(void) { return 0; }\nstatic int close_it(void) { return 0; }\n", ["open_it"]),
    ],
)
def test_visibility_follows_the_language(path, text, expected):
    assert exports({path: text}) == expected
