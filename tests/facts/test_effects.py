"""Effects: what the tables say of calls, how names are resolved, and what is reached through other functions."""

import pytest

from forethought.errors import Cancelled
from forethought.facts.effects import BLOCKS, MAX_SYMBOLS, WRITES_TO_DISK, Effect, effect_text, effects_of
from forethought.names.file_names import Target
from forethought.names.resolver import Resolver
from forethought.syntax.tags import Position, Range
from support.behaviors import DESCRIBED, LANGUAGES
from support.indexing import index_of


def rules_of(language):
    found = LANGUAGES.named(language)
    return found.effects if found is not None else None


def effects(sources, symbol="f", path=None, cancelled=lambda: False):
    """The effects of a function in sources given as path → text."""
    path = path or next(iter(sources))
    resolver = Resolver(index_of(sources))
    tags = resolver.snapshot.tags(path)
    found = next(s.id for s in tags.symbols if s.short_name == symbol)
    return effects_of(resolver, Target(path, found), rules_of, lambda path: sources[path].encode(), cancelled=cancelled)


def direct(sources, symbol="f"):
    sources = {"main.py": sources} if isinstance(sources, str) else sources
    return [(effect.category, effect.call) for effect in effects(sources, symbol).direct]


TABLES = {
    "a.py": (
        "import os, time, random, sqlite3, logging, subprocess as sp\nfrom urllib.request import "
        "urlopen\nimport requests\n"
        "def f(p):\n    os.listdir(p)\n    os.remove(p)\n    urlopen(p)\n    sp.run(p)\n    "
        "os.environ['A']\n    time.time()\n"
        "    time.sleep(1)\n    random.random()\n    sqlite3.connect(p).execute('')\n    "
        "logging.info('')\n    input()\n",
        [
            "file_read",
            "file_write",
            "network",
            "process",
            "environment",
            "clock",
            "sleep",
            "random",
            "database",
            "log",
            "wait",
        ],
    ),
    "a.js": (
        "const fs = require('fs');\nimport * as cp from 'node:child_process';\nimport { Pool } from 'pg';\n"
        "function f() { fs.statSync('a'); fs.writeFile('b'); fetch('c'); cp.exec('d'); process.env.E; Date.now(); "
        "Math.random(); const p = new Pool(); p.query('q'); console.log('x'); }",
        ["file_read", "file_write", "network", "process", "environment", "clock", "random", "database", "log"],
    ),
    "a.ts": (
        "import { readFile, rm } from 'fs/promises';\nimport axios from 'axios';\n"
        "async function f(a: string) { await readFile(a); await rm(a); await axios.get(a); console.warn(a); }",
        ["file_read", "file_write", "network", "log"],
    ),
    "a.tsx": ("export const f = () => { fetch('x'); return <A />; };", ["network"]),
    "a.go": (
        "package p\nimport "
        '(\n"os"\n"net/http"\n"os/exec"\n"time"\n"math/rand"\n"database/sql"\n"log"\n"sync"\n)\n'
        'func f(db *sql.DB, mu *sync.Mutex) { os.Open("x"); os.Remove("x"); http.Get("y"); '
        'exec.Command("a").Run(); os.Getenv("A"); '
        'time.Now(); time.Sleep(1); rand.Int(); db.Query("q"); log.Println(); mu.Lock() }',
        [
            "file_read",
            "file_write",
            "network",
            "process",
            "environment",
            "clock",
            "sleep",
            "random",
            "database",
            "log",
            "wait",
        ],
    ),
    "a.rs": (
        'use std::fs::{self, File};\nuse std::net::TcpStream;\nfn f() { fs::read("a"); '
        'File::create("b"); TcpStream::connect("c"); '
        'std::process::Command::new("d").spawn(); std::env::var("E"); std::time::Instant::now(); '
        "std::thread::sleep(d); "
        'rand::random(); println!("x"); }',
        ["file_read", "file_write", "network", "process", "environment", "clock", "sleep", "random", "log"],
    ),
    "A.java": (
        "import java.nio.file.Files;\nimport java.net.http.HttpClient;\nimport java.sql.*;\nclass A { "
        "HttpClient c; Statement s; void f() { "
        "Files.readAllLines(p); Files.delete(p); c.send(r, h); new ProcessBuilder(a).start(); "
        'System.getenv("A"); System.nanoTime(); '
        'Thread.sleep(1); Math.random(); s.executeQuery("q"); System.out.println(); } }',
        ["file_read", "file_write", "network", "process", "environment", "clock", "sleep", "random", "database", "log"],
    ),
    "a.kt": (
        "import java.io.File\nimport kotlinx.coroutines.delay\nsuspend fun f(p: String) { "
        'File(p).readText(); File(p).writeText(""); '
        'delay(1); println(1); System.getenv("A") }',
        ["file_read", "file_write", "sleep", "log", "environment"],
    ),
    "a.c": (
        '#include <stdio.h>\nvoid f(char *p) { fopen(p, "rb"); unlink(p); socket(1,2,3); system(p); '
        "getenv(p); time(0); sleep(1); rand(); "
        "sqlite3_exec(d); printf(p); pthread_join(t, 0); }",
        [
            "file_read",
            "file_write",
            "network",
            "process",
            "environment",
            "clock",
            "sleep",
            "random",
            "database",
            "log",
            "wait",
        ],
    ),
    "a.cpp": (
        '#include <fstream>\nvoid f() { std::ifstream in("a"); std::filesystem::remove(p); std::system("x"); '
        "std::this_thread::sleep_for(t); std::lock_guard<std::mutex> g{m}; }",
        ["file_read", "file_write", "process", "sleep", "wait"],
    ),
    "a.cs": (
        "using System.IO;\nusing System.Net.Http;\nclass A { HttpClient _c = new HttpClient(); void f() { "
        'File.ReadAllText("x"); '
        'File.Delete("y"); _c.GetAsync("z"); Environment.GetEnvironmentVariable("A"); Thread.Sleep(1); '
        "Guid.NewGuid(); "
        "Console.WriteLine(); } }",
        ["file_read", "file_write", "network", "environment", "sleep", "random", "log"],
    ),
    "a.rb": (
        "def f(p)\n  File.read(p)\n  FileUtils.rm_rf(p)\n  Net::HTTP.get(u)\n  system('x')\n  Time.now\n  "
        "sleep(1)\n  rand\n  puts 'x'\nend\n",
        ["file_read", "file_write", "network", "process", "clock", "sleep", "random", "log"],
    ),
    "a.php": (
        "<?php\nuse GuzzleHttp\\Client;\nfunction f($p) { file_get_contents($p); unlink($p); $c = new "
        "Client(); $c->get('x'); exec('y'); "
        "getenv('A'); time(); sleep(1); random_int(1, 2); $d = new \\PDO('x'); $d->query('q'); error_log('x'); }",
        [
            "file_read",
            "file_write",
            "network",
            "process",
            "environment",
            "clock",
            "sleep",
            "random",
            "database",
            "database",
            "log",
        ],
    ),
    "a.sh": (
        "f() {\n  ls x\n  rm -rf y\n  curl z\n  make\n  date\n  sleep 1\n  psql\n  logger hi\n}\n",
        ["file_read", "file_write", "network", "process", "clock", "sleep", "database", "log"],
    ),
    "a.lua": (
        "local lfs = require 'lfs'\nfunction f(p)\n  local file = io.open(p, 'r')\n  lfs.mkdir(p)\n  "
        "os.execute(p)\n  os.getenv('A')\n  os.time()\n"
        "  math.random()\n  print(p)\nend\n",
        ["file_read", "file_write", "process", "environment", "clock", "random", "log"],
    ),
}


@pytest.mark.parametrize("path", TABLES)
def test_the_tables(path):
    source, expected = TABLES[path]
    assert [effect.category for effect in effects({path: source}).direct] == expected


def test_every_language_has_a_table():
    assert all(rules_of(name) is not None for name in DESCRIBED)
    assert not LANGUAGES.problems


@pytest.mark.parametrize(
    ("arguments", "category"),
    [
        ("p", "file_read"),
        ("p, 'rb'", "file_read"),
        ("p, mode='r', encoding='utf-8'", "file_read"),
        ("p, 'w'", "file_write"),
        ("p, mode='a'", "file_write"),
        ("p, 'r+'", "file_write"),
        ("p, how", "file"),
        ("g(p, 'w')", "file_read"),
    ],
)
def test_the_mode_tells_reading_from_writing(arguments, category):
    assert direct(f"def f(p, how):\n    open({arguments})\n") == [(category, "open")]


def test_names_are_followed_through_imports_annotations_and_assignments():
    source = """
import requests as rq
from os import remove as delete
from subprocess import *
class A:
    def __init__(self, session: "rq.Session | None" = None):
        self.session = session or None
        self.other = rq.Session()
    def f(self, given: rq.Session, path):
        given.get(1)
        self.other.post(2)
        delete(path)
        with open(path, "w") as file:
            file.write("x")
        check_output(path)
"""
    assert direct(source) == [
        ("network", "given.get"),
        ("network", "self.other.post"),
        ("file_write", "delete"),
        ("file_write", "open"),
        ("file_write", "file.write"),
        ("process", "check_output"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "def f(open):\n    open(1)\n",
        "def open(p):\n    return p\ndef f():\n    open(1)\n",
        "from .local import open\ndef f():\n    open(1)\n",
        "def f(requests):\n    requests.get(1)\n",
        "def f(client):\n    client.get(1)\n    client.read()\n    client.execute('x')\n",
        "def f():\n    requests.get(1)\n",
        "class A:\n    def sleep(self):\n        pass\n    def f(self):\n        self.sleep()\n",
        "import time\ndef f(time):\n    time.sleep(1)\n",
        "def f(x):\n    log = x\n    log.info('a')\n",
    ],
)
def test_nothing_is_guessed(source):
    assert direct(source) == []


def test_what_is_not_seen_makes_it_a_lower_bound():
    found = effects({"main.py": "import json\ndef f(a):\n    json.dumps(len(a))\n"})
    assert (found.at_least, found.unseen) == (False, ())
    found = effects({"main.py": "def f(a):\n    a.go()\n    a.go()\n"})
    assert (found.at_least, found.unseen) == (True, ("a.go",))


def test_effects_are_found_through_calls_by_the_shortest_path():
    sources = {
        "main.py": "from store import save\ndef f(x):\n    far(x)\n    save(x)\ndef far(x):\n    farther(x)\ndef "
        "farther(x):\n    save(x)\n",
        "store.py": "import shutil\ndef save(x):\n    _write(x)\ndef _write(x):\n    shutil.copy(x, x)\n",
    }
    found = effects(sources)
    assert found.direct == ()
    assert [effect_text(effect) for effect in found.nearest] == [
        "writes to the file system: `shutil.copy`, through `save` → `_write`"
    ]
    assert [effect.path for effect in found.among(WRITES_TO_DISK)] == ["store.py"]
    assert found.among(BLOCKS)


def test_the_middle_of_a_long_path_is_left_out_where_space_is_short():
    via = tuple(Target("a.py", name) for name in ("a", "b", "c", "d"))
    effect = Effect("clock", "time.time", "a.py", Range(Position(0, 0), Position(0, 4)), via)
    assert effect_text(effect, 2) == "reads the clock: `time.time`, through `a` → … → `d`"
    assert effect_text(effect, 4) == effect_text(effect)


def test_a_class_has_the_effects_of_its_constructor():
    sources = {
        "main.py": "import os\nclass A:\n    def __init__(self):\n        os.getcwd()\ndef f():\n    return A()\n"
    }
    assert [effect_text(effect) for effect in effects(sources).nearest] == [
        "depends on the environment: `os.getcwd`, through `A` → `__init__`"
    ]


def test_a_declared_method_may_be_any_of_its_implementations():
    sources = {
        "main.py": "class Base:\n    def send(self):\n        raise NotImplementedError\n"
        "def f(b: Base):\n    b.send()\n",
        "real.py": "import socket\nfrom main import Base\nclass Real(Base):\n    def send(self):\n        "
        "socket.create_connection(1)\n",
    }
    (found,) = effects(sources).nearest
    assert not found.is_certain
    assert "in some implementations" in effect_text(found)


def test_a_called_method_may_be_overridden():
    sources = {
        "main.py": "class Base:\n    def close(self):\n        pass\ndef f(b: Base):\n    b.close()\n",
        "real.py": "import os\nfrom main import Base\nclass Real(Base):\n    def close(self):\n        "
        "os.remove('x')\n",
    }
    (found,) = effects(sources).nearest
    assert not found.is_certain


def test_calls_in_a_circle_end():
    sources = {"main.py": "import time\ndef f():\n    g()\ndef g():\n    f()\n    time.sleep(1)\n"}
    assert [effect.category for effect in effects(sources).nearest] == ["sleep"]


def test_very_many_calls_are_a_lower_bound():
    functions = "".join(f"def f{n}():\n    f{n + 1}()\n" for n in range(MAX_SYMBOLS + 50))
    found = effects({"main.py": f"import os\n{functions}def f{MAX_SYMBOLS + 50}():\n    os.remove()\n"}, "f0")
    assert found.at_least
    assert found.nearest == ()


def test_it_can_be_cancelled():
    with pytest.raises(Cancelled):
        effects({"main.py": "def f():\n    pass\n"}, cancelled=lambda: True)


NO_EFFECT = {
    "filters.sh": "f() {\n  wc -l\n  grep -q x\n  cat\n  while read -r line; do :; done\n  trap g EXIT\n}\n",
    "ask.rb": "require 'tempfile'\ndef f(path)\n  file = Tempfile.new\n  file.respond_to?(:x)\n  file.path\n"
    "  STDOUT.reopen(path)\n  env = ENV.to_hash\n  env.delete('A')\nend\n",
    "convert.lua": "function f(t)\n  os.time(t)\n  os.date('%Y', t)\nend\n",
    "hook.php": "<?php function f($t) { register_shutdown_function($t); date('Y', $t); new DateTimeImmutable($t); }",
    "stream.cs": "class A { void f(Stream s) { var r = new StreamReader(s); r.ReadToEnd(); } }",
    "stream.py": "import json, pickle\ndef f(stream):\n    json.load(stream)\n    pickle.dump(1, stream)\n",
}
"""Calls that look like effects and need not be any."""


@pytest.mark.parametrize("path", NO_EFFECT)
def test_what_may_be_harmless_is_no_effect(path):
    allowed = {"Tempfile.new", "ENV", "ENV.to_hash"}
    assert {call for _, call in direct({path: NO_EFFECT[path]})} <= allowed


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("#include <stdio.h>\nvoid f(char *s) { fputs(s, stderr); }\n", [("log", "fputs")]),
        ("#include <stdio.h>\nvoid f(char *s) { fgets(s, 9, stdin); }\n", [("wait", "fgets")]),
        ("#include <stdio.h>\nvoid f(char *s, FILE *file) { fputs(s, file); }\n", [("file_write", "fputs")]),
    ],
)
def test_standard_streams_are_no_files(source, expected):
    assert direct({"a.c": source}) == expected


def test_without_arguments_it_reads_the_clock():
    assert direct({"a.lua": "function f()\n  os.time()\nend\n"}) == [("clock", "os.time")]


@pytest.mark.parametrize("path", ["a.sh", "a.rb", "a.php"])
def test_where_not_only_calls_have_effects_there_may_be_more(path):
    source = {"a.sh": "f() { local a; }\n", "a.rb": "def f\n  1\nend\n", "a.php": "<?php function f() { echo 1; }"}
    assert effects({path: source[path]}).at_least


def test_private_members_and_constructors_are_named_once_in_the_path():
    source = (
        "class A { constructor() { this.#now(); } #now() { return Date.now(); } }\nfunction f() { return new A(); }\n"
    )
    (effect,) = effects({"a.js": source}).nearest
    assert effect_text(effect) == "reads the clock: `Date.now`, through `A` → `constructor` → `#now`"
