"""Sleep-time passes from the command line, with an endpoint that answers instantly instead of a model."""

import json
import os
import shutil
import signal
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from support.endpoint import verdict_asked_for
from support.repository import git
from support.world import REPORT, SHAPES, make_world, one_line

pytestmark = pytest.mark.slow


class Endpoint:
    """Answers every prompt with the same sentence, unless it is told to wait."""

    def __init__(self):
        self.asked = 0
        self.fail_on = None
        self.hold_after = None
        self.released = threading.Event()
        self._changed = threading.Condition()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with endpoint._changed:
                    endpoint.asked += 1
                    held = endpoint.hold_after is not None and endpoint.asked > endpoint.hold_after
                    endpoint._changed.notify_all()
                if held:
                    endpoint.released.wait(60)
                if endpoint.fail_on and endpoint.fail_on in text:
                    self.send_error(500, "no")
                    return
                self.send_response(200)
                self.end_headers()
                delta = {"content": verdict_asked_for(text) or "It gives the area in square units."}
                chunk = {"choices": [{"delta": delta, "finish_reason": "stop"}]}
                usage = {"choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": 7}}
                for part in (json.dumps(chunk), json.dumps(usage), "[DONE]"):
                    self.wfile.write(f"data: {part}\n\n".encode())

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                """Ignore callers that are gone, which some tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def wait_until_asked(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: self.asked >= count, 60)


@pytest.fixture
def endpoint():
    endpoint = Endpoint()
    yield endpoint
    endpoint.released.set()
    endpoint.server.shutdown()


@pytest.fixture
def thinking(tmp_path, endpoint):
    """An environment with an engine."""
    config = tmp_path / "forethought.toml"
    config.write_text(f'[openai]\nbaseUrl = "{endpoint.url}"\nmodel = "parrot"\n')
    world = make_world(tmp_path / "world", FORETHOUGHT_ENGINE="openai", FORETHOUGHT_CONFIG=str(config))
    yield world
    world.run("engine", "stop")


@pytest.fixture
def shapes(thinking):
    return thinking.repository("shapes", {"shapes.py": SHAPES, "report.py": REPORT})


def test_everything_is_thought_about_once(thinking, shapes, endpoint):
    first = thinking.run("precompute", "--json", cwd=shapes)
    assert first.status == 0, first.err
    done = first.document
    assert done["files"] == {"total": 2, "selected": 2, "computed": 2, "reused": 0, "failed": 0, "skipped": {}}
    assert done["symbols"]["computed"] >= 5
    assert done["symbols"]["remaining"] == done["symbols"]["failed"] == 0
    assert done["tokens"]["prompt"] > 0
    assert done["producer"]["model"] == "parrot"
    asked = endpoint.asked
    second = thinking.run("precompute", "--json", cwd=shapes)
    assert second.status == 0
    assert second.document["symbols"]["computed"] == 0
    assert second.document["symbols"]["reused"] == done["symbols"]["computed"]
    assert endpoint.asked == asked


def test_what_was_thought_is_shown_and_answers(thinking, shapes):
    thinking.run("precompute", cwd=shapes)
    (area,) = thinking.run("show", "shapes.py:15", "--json", cwd=shapes).document["symbols"]
    assert area["state"] == "fresh"
    assert area["insights"]["summary"] == "It gives the area in square units."
    assert area["provenance"]["model"] == "parrot"
    assert "It gives the area in square units." in thinking.run("show", "shapes.py:15", cwd=shapes).out
    answer = thinking.run("ask", "What does Circle.area do?", "--json", cwd=shapes).document
    assert (answer["tier"], answer["state"]) == ("predicted", "fresh")
    again = thinking.run("ask", "What does Circle.area do?", "--fresh", "--json", cwd=shapes).document
    assert again["tier"] == "enriched"
    status = thinking.run("status", "--json", cwd=shapes).document
    assert status["cache"]["entries"] > 0
    assert status["engine"]["model"] == "parrot"


def test_a_spent_budget_is_done_and_says_what_is_left(thinking, shapes):
    ran = thinking.run("precompute", "--budget-tokens", "1", "--json", cwd=shapes)
    assert ran.status == 0
    assert ran.document["symbols"]["computed"] == 1
    assert ran.document["symbols"]["remaining"] >= 4
    rest = thinking.run("precompute", "--json", cwd=shapes).document
    assert rest["symbols"]["computed"] == ran.document["symbols"]["remaining"]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_was_done(thinking, shapes, endpoint, number):
    endpoint.hold_after = 6
    process = subprocess.Popen(
        thinking.command("precompute", "--json"),
        cwd=shapes,
        env=thinking.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    endpoint.wait_until_asked(7)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    assert b"kept" in err
    kept = json.loads(out)["symbols"]
    assert kept["computed"] >= 1
    assert kept["remaining"] >= 1
    endpoint.hold_after = None
    endpoint.released.set()
    rest = thinking.run("precompute", "--json", cwd=shapes)
    assert rest.status == 0
    assert rest.document["symbols"]["reused"] == kept["computed"]
    assert rest.document["symbols"]["computed"] == kept["remaining"]


def test_a_symbol_that_fails_is_named_and_the_others_are_done(thinking, shapes, endpoint):
    endpoint.fail_on = "def report"
    ran = thinking.run("precompute", "--json", cwd=shapes)
    assert ran.status == 1
    assert ran.document["failures"]
    assert {failure["path"] for failure in ran.document["failures"]} == {"report.py"}
    assert ran.document["symbols"]["computed"] >= 4
    assert "report.py" in ran.err


def test_an_endpoint_that_is_gone_is_one_line(thinking, shapes, endpoint):
    endpoint.server.shutdown()
    endpoint.server.server_close()
    ran = thinking.run("precompute", cwd=shapes)
    assert ran.status == 1
    assert endpoint.url in one_line(ran)


def test_what_one_machine_thought_another_reads(thinking, shapes, tmp_path):
    thinking.run("precompute", cwd=shapes)
    exported = thinking.run("cache", "export", "c.jsonl.gz", "--json", cwd=shapes).document
    assert exported["entries"] >= 5
    other = make_world(tmp_path / "other")
    clone = other.folder / "deep" / "clone"
    shutil.copytree(shapes, clone)
    imported = other.run("cache", "import", str(clone / "c.jsonl.gz"), "--json")
    assert imported.status == 0
    assert (imported.document["imported"], imported.document["rejected"]) == (exported["entries"], 0)
    symbols = other.run("show", "shapes.py", "--json", cwd=clone).document["symbols"]
    assert {symbol["state"] for symbol in symbols} == {"fresh"}
    assert {symbol["provenance"]["origin"] for symbol in symbols} == {"shared"}
    again = other.run("cache", "import", str(clone / "c.jsonl.gz"), "--json").document
    assert again["imported"] == 0


def test_an_export_since_a_revision_holds_the_files_that_changed(thinking, shapes):
    (shapes / "report.py").write_text(REPORT + "\n\ndef more():\n    return 1\n")
    git(shapes, "commit", "-qam", "second")
    thinking.run("precompute", cwd=shapes)
    everything = thinking.run("cache", "export", "all.gz", "--json", cwd=shapes).document["entries"]
    since = thinking.run("cache", "export", "since.gz", "--since", "HEAD~1", "--json", cwd=shapes).document["entries"]
    assert 0 < since < everything


def test_stored_texts_are_held_against_the_code_and_the_log_goes_with_the_cache(thinking, shapes):
    thinking.run("precompute", cwd=shapes)
    thinking.run("ask", "What does Circle.area do?", cwd=shapes)
    log = thinking.folder / "cache" / "questions.jsonl"
    assert json.loads(log.read_text())["symbol"] == "Circle.area"
    report = thinking.run("cache", "verify", "--contexts", "--json", cwd=shapes).document
    assert report["entries"] >= 4
    assert report["faults"] == []
    assert thinking.run("cache", "clear", cwd=shapes).status == 0
    assert not log.exists()
