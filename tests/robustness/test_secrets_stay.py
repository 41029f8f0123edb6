"""Planted secrets reach no prompt, store, index, log or export: looked for byte by byte after everything was used."""

import contextlib
import gzip
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.endpoint import Endpoint
from support.lsp import at
from support.polling import eventually
from support.world import World, bytes_below, end, make_world

pytestmark = pytest.mark.slow

# Made from pieces, so that no scanner takes this file for a leak.
RANDOM = "Q7w2E9r4T6y1U8i3O5p0A7s2D9f4G6h1J8k3L5z0X7c2V9b4N6m1"
GITHUB = "gh" + "p_" + RANDOM[:36]
AWS = "AK" + "IAQ7W2E9R4T6Y1U8I3"
SLACK = "xo" + "xb-" + "123456789012-" + RANDOM[:24]
STRIPE = "sk" + "_live_" + RANDOM[:24]
PASSWORD = "hunter2-" + "Tr0ub4dor&3"
KEY_LINES = [RANDOM + line for line in ("QWER", "ASDF", "YXCV")]
BEGIN, END = (f"-----{word} RSA PRIVATE " + "KEY-----" for word in ("BEGIN", "END"))
KEY = "\n".join([BEGIN, *KEY_LINES, END])
ENV = "dotenv" + RANDOM[10:30]
SAID = "gh" + "o_" + RANDOM[::-1][:36]
"""What the model says of itself."""

SECRETS = (GITHUB, AWS, SLACK, STRIPE, PASSWORD, *KEY_LINES, ENV, SAID)

CONFIG = f'''"""Settings. Log in with {GITHUB}."""

SLACK_TOKEN = "{SLACK}"
SIGNING = """{KEY}"""


# {BEGIN}
{"".join(f"# {line}{chr(10)}" for line in KEY_LINES)}# {END}
def connect(host: str, password: str = "{PASSWORD}", key="{AWS}") -> str:
    """Connect, for instance with `connect("a", key="{STRIPE}")`."""
    session = make("{AWS}").open(token="{GITHUB}")
    return host + session + SLACK_TOKEN


def open_session(host, key):
    """Open a session on a host with a redacted key."""
    return make(key)


def make(stripe: str) -> str:
    # TODO: remove {STRIPE}
    return connect(stripe, password="{PASSWORD}")
'''
CONNECT_ROW = next(row for row, line in enumerate(CONFIG.splitlines()) if line.startswith("def connect"))
SCRIPT = f"""#!/bin/bash
# deploys with {GITHUB}
export DB_PASSWORD={PASSWORD}
run() {{ curl -H 'Authorization: Bearer {STRIPE}' x; }}
"""
CLIENT = f'''/** Uses {AWS}. */
export function client(token = "{GITHUB}") {{ return token; }}
const slack = "{SLACK}";
'''

FILES = {
    "config.py": CONFIG,
    "deploy.sh": SCRIPT,
    "client.js": CLIENT,
    ".env": f"export TOKEN={ENV}\nrun() {{ echo; }}\n",
    "id_rsa": KEY + "\n",
    "secrets.toml": f'token = "{ENV}"\n',
    ".env.py": f'TOKEN = "{ENV}"\n',
}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint(f"It is opening a session with {SAID}.")  # as the docs of one function say: it is kept
    yield endpoint
    endpoint.close()


@pytest.fixture
def world(tmp_path: Path, endpoint: Endpoint) -> Iterator[World]:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[openai]\nbaseUrl = "{endpoint.url}"\nmodel = "loopback"\n[idle]\ndelaySeconds = 0\n')
    world = make_world(tmp_path / "world", FORETHOUGHT_ENGINE="openai", FORETHOUGHT_CONFIG=str(settings))
    yield world
    world.stop_engines()


def found_in(content: bytes) -> list[str]:
    return [secret for secret in SECRETS if secret.encode() in content]


QUESTIONS = [
    "What is the default of password in connect?",
    "What are the parameters of connect?",
    "What does connect return?",
    "What does make return?",
    "What is SLACK_TOKEN?",
    "What is the docstring of connect?",
    "What does connect call?",
    "What does config.py define?",
    "Who calls connect?",
    "Where do we log in?",
]
PASTED = [f"Where is {GITHUB} used?", f"Who calls {AWS}?"]
"""Questions whose answers repeat what the person typed."""


def test_secrets_reach_no_prompt_store_index_log_or_export(world: World, endpoint: Endpoint) -> None:
    root = world.repository("leaky", FILES)
    ran = world.run("precompute", "--json", cwd=root)
    assert ran.status == 0, ran.err
    assert ran.document["symbols"]["computed"] >= 5
    said = ran.out + ran.err
    for words in [
        ("ask", "--tier", "full", "What does `connect` do?"),
        ("ask", "--tier", "full", f"What does `make` do with {STRIPE}?"),
        ("ask", "--tier", "enriched", "Why would somebody use `connect`?"),
        *(("-v", "ask", *tier, question) for question in QUESTIONS for tier in ((), ("--tier", "facts"))),
        ("show", "config.py"),
        ("-v", "show", "--json", "config.py"),
        ("show", "--json", "client.js"),
        ("show", "deploy.sh"),
        ("-v", "index"),
        ("status",),
    ]:
        ran = world.run(*words, cwd=root)
        assert ran.status == 0, words
        said += ran.out + ran.err
    assert "connect" in said
    assert leaks_in(said) == []
    assert world.run("cache", "export", "shared", cwd=root).status == 0
    assert leaks_in(use_server(world, root)) == []
    for question in PASTED:
        assert world.run("ask", question, cwd=root).status == 0
    world.stop_engines()

    prompts = "\n".join(endpoint.bodies)
    assert "def connect" in prompts and "function client" in prompts and "DB_PASSWORD" in prompts
    assert found_in(prompts.encode()) == []
    exported = gzip.decompress((root / "shared").read_bytes())
    assert rb"opening a session with \u00abredacted" in exported
    assert found_in(exported) == []
    cache, runtime = (Path(world.environment[f"FORETHOUGHT_{name}_DIR"]) for name in ("CACHE", "RUNTIME"))
    assert b"connect" in bytes_below(cache)
    assert found_in(bytes_below(cache)) == []
    assert found_in(unpacked(cache)) == []
    assert found_in(bytes_below(runtime)) == []


def leaks_in(said: str) -> list[str]:
    """Secrets of the repository among what people were shown; the model may invent some of its own."""
    return [secret for secret in found_in(said.encode()) if secret != SAID]


def use_server(world: World, root: Path) -> str:
    """Everything that the server said."""
    server = world.start_server(root, 3)
    said: list[object] = []
    try:
        uri = server.open(root / "config.py", "python")
        for row, line in enumerate(CONFIG.splitlines()):
            said += [server.request("textDocument/hover", at(uri, row, column)) for column in range(0, len(line), 4)]
        said.append(eventually(lambda: server.request("textDocument/hover", at(uri, CONNECT_ROW, 5))))
        document = {"textDocument": {"uri": uri}}
        said.append(server.request("textDocument/documentSymbol", document))
        said.append(server.request("workspace/symbol", {"query": "e"}))
        said += [server.request("forethought/chat", {"question": question, **document}) for question in QUESTIONS]
        server.open(root / ".env", "shellscript")
        said.append(server.request("forethought/context", document))
        earlier = [{"role": "user", "content": f"With {AWS}?"}, {"role": "assistant", "content": f"Yes, {GITHUB}."}]
        chat = {"question": "Explain `connect` in detail", "textDocument": {"uri": uri}, "tier": "full"}
        said.append(server.request("forethought/chat", {**chat, "history": earlier}))
        text = CONFIG.replace("def make(", "def produce(")
        version = {"uri": uri, "version": 2}
        server.notify("textDocument/didChange", {"textDocument": version, "contentChanges": [{"text": text}]})
        (root / "config.py").write_text(text)
        server.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        eventually(lambda: server.request("workspace/symbol", {"query": "produce"}))
        assert server.close() == 0
    finally:
        end(server)
    assert "connect" in str(said)
    return str([*said, *server.notifications.queue])


def unpacked(cache: Path) -> bytes:
    """Every value of every database, decompressed where it is compressed."""
    parts = []
    for file in cache.rglob("*.sqlite"):
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
                    with contextlib.suppress(zlib.error):
                        data = zlib.decompress(data)
                    parts.append(data)
        connection.close()
    content = b"\n".join(parts)
    assert b"def connect" in content  # the test reads what it means to read
    return content


def test_a_secret_is_masked_in_a_hover_and_its_place_stays(world: World) -> None:
    root = world.repository("leaky", FILES)
    shown = world.run("show", "--json", f"config.py:{CONNECT_ROW + 1}", cwd=root).document["symbols"][0]
    assert found_in(shown["signature"].encode()) == []
    assert "password: str = " in shown["signature"]
    assert shown["selectionRange"]["start"] == {"line": CONNECT_ROW, "character": 4}
    assert GITHUB not in str(world.run("show", "--json", "config.py", cwd=root).document)
