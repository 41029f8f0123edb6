"""What a file passes on from other modules, and which files import it."""

import pytest

from forethought.facts.module_imports import declared_exports, importers, reexports
from forethought.names.resolver import Resolver
from support.indexing import index_of

SOURCES = {
    "pkg/__init__.py": "import os\nfrom .a import f as f, g as _g\nfrom pkg.a import H\n",
    "pkg/a.py": "def f(): ...\ndef g(): ...\nclass H: ...\n",
    "pkg/all.py": 'from .a import f\n__all__ = [\n    "f",  # first\n    "own",\n    "late",\n]\ndef own(): ...\n',
    "pkg/grows.py": '__all__ = ("f",)\n__all__ += other\n',
    "tests/test_x.py": "from pkg import f\nfrom pkg.a import g\n",
    "tests/test_y.py": "import pkg.a\n",
    "s/index.ts": "import {q} from './m';\nimport {hidden} from './m';\nexport {\n\ta as b,\n} from './m';\n"
    "export * from './n';\nexport {q as p};\nexport type {T} from './m';\n",
    "s/m.ts": "export function a() {}\nexport const q = 1;\nexport type T = 1;\nexport const hidden = 1;\n",
    "s/n.ts": "export const z = 1;\n",
    "src/lib.rs": "pub use crate::m::{f, G as H};\nuse crate::m::k;\npub(crate) use crate::m::j;\npub mod m;\n",
    "src/m.rs": "pub fn f() {}\npub fn k() {}\npub fn j() {}\npub struct G;\n",
    "go.mod": "module far.example/shop\n",
    "jars/a.go": "package jars\n",
    "main.go": 'package main\nimport "far.example/shop/jars"\n',
}


def lines_of(path: str) -> list[bytes]:
    return SOURCES[path].encode().split(b"\n")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pkg/__init__.py", ["f pkg/a.py:f", "H pkg/a.py:H"]),
        ("pkg/all.py", []),
        ("s/index.ts", ["p s/m.ts:q", "b s/m.ts:a", "* s/n.ts:", "T s/m.ts:T"]),
        ("src/lib.rs", ["f src/m.rs:f", "H src/m.rs:G"]),
    ],
)
def test_reexports(path: str, expected: list[str]) -> None:
    found = reexports(Resolver(index_of(SOURCES)), path, lines_of(path))
    assert [f"{item.name} {item.targets[0].path}:{item.targets[0].symbol_id}" for item in found] == expected


def test_the_list_of_exports_is_read() -> None:
    found = declared_exports(Resolver(index_of(SOURCES)), "pkg/all.py", lines_of("pkg/all.py"))
    assert found is not None
    exports, is_complete = found
    assert is_complete
    assert [(item.name, item.module, len(item.targets)) for item in exports] == [
        ("f", ".a", 1),
        ("own", "", 1),
        ("late", "", 0),
    ]


def test_a_list_of_exports_that_grows_is_not_complete() -> None:
    resolver = Resolver(index_of(SOURCES))
    found = declared_exports(resolver, "pkg/grows.py", lines_of("pkg/grows.py"))
    assert found is not None and not found[1]
    assert declared_exports(resolver, "pkg/a.py", lines_of("pkg/a.py")) is None
    assert declared_exports(resolver, "pkg/a.py", [b"__all__ = [*other]"]) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pkg/a.py", ["pkg/__init__.py:2", "pkg/all.py:1", "tests/test_x.py:2", "tests/test_y.py:1"]),
        ("pkg/__init__.py", ["tests/test_x.py:1", "tests/test_y.py:1"]),
        ("s/m.ts", ["s/index.ts:1"]),
        ("s/n.ts", ["s/index.ts:6"]),
        ("src/m.rs", ["src/lib.rs:1"]),
        ("jars/a.go", ["main.go:2"]),
        ("main.go", []),
    ],
)
def test_importers(path: str, expected: list[str]) -> None:
    found = importers(Resolver(index_of(SOURCES)), path)
    assert [f"{place.path}:{place.range.start.row + 1}" for place in found] == expected
