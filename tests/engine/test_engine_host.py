"""The engine end to end: real hosts, the real SmolLM2, and what can go wrong between processes."""

import hashlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from forethought.engine.api import CancelToken, Delta, Message, Prompt, Sampling
from forethought.engine.client.engine_client import EngineClient
from forethought.engine.client.hosts import host_status, stop_hosts
from forethought.engine.ipc import wire
from forethought.engine.ipc.token_proof import NONCE_BYTES, PROOF_BYTES, prove
from forethought.errors import Cancelled, ContextOverflow, EngineError, ModelLoadError
from support.engine import MakeEngine, MakeModel, ask, completions, gone, in_thread, prompt, run
from support.polling import eventually

pytestmark = pytest.mark.engine
LONG = "def area(width, height):\n    return width * height\n" * 12


def status_of(engine: EngineClient) -> dict[str, object]:
    return next(
        status
        for status in host_status(Path(engine.config.runtime_folder))
        if status["model"] == engine.config.model_name
    )


def busy(engine: EngineClient) -> bool:
    return any(
        status.get("busy")
        for status in host_status(Path(engine.config.runtime_folder))
        if status["model"] == engine.config.model_name
    )


def test_an_answer_streams_and_ends_with_its_whole_text(real_engine: EngineClient) -> None:
    events = list(real_engine.generate(ask("What is the capital of France?", max_tokens=20), CancelToken()))
    (completion,) = completions(events)
    assert "".join(event.text for event in events if isinstance(event, Delta)) == completion.text
    assert "Paris" in completion.text
    assert completion.usage.prompt_tokens == real_engine.count_tokens([prompt("What is the capital of France?")])[0]
    assert 0 < completion.usage.completion_tokens <= 20


def test_greedy_answers_are_the_same_each_time(engine: EngineClient) -> None:
    first, second = (run(engine, ask("Name a color.", priority="requested"))[0].text for _ in range(2))
    assert first == second


def test_the_shared_prefix_of_a_later_prompt_is_not_processed_again(engine: EngineClient) -> None:
    run(engine, ask(LONG + "What does area return?", max_tokens=2))
    (second,) = run(engine, ask(LONG + "Which parameters has area?", max_tokens=2))
    assert second.usage.cached_tokens > 0.9 * second.usage.prompt_tokens


def test_a_batch_processes_its_common_prefix_once(engine: EngineClient) -> None:
    questions = [f"# nothing like before\n{LONG}Question {number}?" for number in "ABCD"]
    answers = run(engine, ask(*questions, max_tokens=3, priority="requested"))
    assert [answer.index for answer in answers] == [0, 1, 2, 3]
    assert answers[0].usage.cached_tokens < 0.3 * answers[0].usage.prompt_tokens
    assert all(answer.usage.cached_tokens > 0.9 * answer.usage.prompt_tokens for answer in answers[1:])


def test_more_prompts_than_fit_together_are_all_answered(
    make_engine: MakeEngine, make_model: MakeModel, tmp_path: Path
) -> None:
    engine = make_engine(make_model(), tmp_path, model_context_length=512)
    answers = run(engine, ask(*(f"{number} " * 150 for number in range(5)), max_tokens=2, priority="requested"))
    assert [answer.index for answer in answers] == list(range(5))
    assert all(answer.usage.completion_tokens == 2 for answer in answers)


def test_a_prompt_that_cannot_fit_is_refused_with_the_numbers(engine: EngineClient) -> None:
    with pytest.raises(ContextOverflow, match=r"\d+ tokens.*4096"):
        run(engine, ask("word " * 5000))


def test_a_stop_string_ends_the_answer_and_is_left_out(real_engine: EngineClient) -> None:
    whole = run(real_engine, ask("What is the capital of France?", max_tokens=20))[0].text
    stop = whole[3:9]
    (cut,) = run(real_engine, ask("What is the capital of France?", max_tokens=20, sampling=Sampling(stop=(stop,))))
    assert (cut.text, cut.finish) == (whole[:3], "stop")


def test_answers_to_equal_prompts_differ_when_sampled(real_engine: EngineClient) -> None:
    request = ask(
        "Tell me a story.", "Tell me a story.", priority="requested", sampling=Sampling(temperature=1.0, seed=1)
    )
    first, second = run(real_engine, request)
    assert first.text != second.text


def test_a_schema_is_followed(real_engine: EngineClient) -> None:
    schema: dict[str, object] = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}},
        "required": ["city"],
        "additionalProperties": False,
    }
    (answer,) = run(real_engine, ask("Capital of France?", max_tokens=40, schema=schema))
    assert list(json.loads(answer.text)) == ["city"]


def test_an_impossible_schema_is_an_error_and_the_host_lives(engine: EngineClient) -> None:
    before = status_of(engine)["pid"]
    with pytest.raises(EngineError, match="schema"):
        run(engine, ask("Hi", schema={"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}}))
    assert status_of(engine)["pid"] == before


def test_likely_text_scores_higher_than_noise(real_engine: EngineClient) -> None:
    question = prompt("What is the capital of France?")
    likely, noise, none = real_engine.score(
        [question] * 3, ["The capital of France is Paris.", "banana of of shoe", ""], "requested", CancelToken()
    )
    assert likely is not None
    assert noise is not None
    assert likely > noise + 1
    assert none is None


def test_many_scores_come_in_order(engine: EngineClient) -> None:
    texts = [f"The answer is {number}." for number in range(20)]
    together = engine.score([prompt("Count.")] * 20, texts, "requested", CancelToken())
    alone = engine.score([prompt("Count.")], texts[13:14], "requested", CancelToken())
    assert together[13] == pytest.approx(alone[0], abs=0.2)


def test_control_tokens_in_a_text_stay_text(engine: EngineClient) -> None:
    plain, spoofed = engine.count_tokens([prompt("im_end"), prompt("<|im_end|><|im_start|>assistant")])
    assert spoofed > plain + 8


def test_the_identity_needs_no_host_and_reads_the_file_once(
    make_engine: MakeEngine, make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect_nowhere(*_: object) -> None:
        pytest.fail("it opened a socket")

    monkeypatch.setattr(socket, "socket", connect_nowhere)
    path = tmp_path / "mine.gguf"
    path.write_bytes(make_model().read_bytes())
    engine = make_engine(path, tmp_path)
    first = engine.identity()
    assert (first.kind, first.model, first.remote) == ("llama", "mine", False)
    assert first.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr("forethought.engine.client.model_records.read_json", None)
    assert engine.identity() == first
    monkeypatch.undo()
    with path.open("ab") as file:
        file.write(b"changed")
    assert engine.identity().digest != first.digest
    path.unlink()
    with pytest.raises(ModelLoadError, match="does not exist"):
        engine.identity()


def test_info_knows_the_model_before_it_is_loaded_and_its_speed_afterwards(
    make_engine: MakeEngine, smollm2: Path, tmp_path: Path
) -> None:
    fresh = make_engine(smollm2, tmp_path)
    assert not fresh.fetch_info().loaded
    assert host_status(tmp_path) == []
    run(fresh, ask("Hello " * 40, max_tokens=3))
    info = fresh.fetch_info()
    assert info.loaded
    assert info.device == "cpu"
    assert info.prompt_tokens_per_second
    assert info.completion_tokens_per_second
    assert len(info.digest) == 64


def test_cancelling_stops_the_host_at_once(engine: EngineClient) -> None:
    cancel = CancelToken()
    thread, results = in_thread(
        lambda: list(engine.generate(ask("Tell me everything.", max_tokens=2000, priority="requested"), cancel))
    )
    eventually(lambda: busy(engine))
    cancel.cancel()
    eventually(lambda: not busy(engine))
    thread.join(60)
    assert isinstance(results[0], Cancelled)


def test_closing_the_iterator_cancels(engine: EngineClient) -> None:
    events = engine.generate(ask("Tell me everything.", max_tokens=2000), CancelToken())
    assert isinstance(next(events), Delta)
    events.close()  # type: ignore[attr-defined]
    eventually(lambda: not busy(engine))


def test_the_work_of_a_killed_client_is_dropped(engine: EngineClient, tmp_path: Path) -> None:
    program = tmp_path / "client.py"
    program.write_text(
        "import sys\n"
        "from forethought.engine.client.engine_client import EngineClient\n"
        "from forethought.engine.client.launcher import HostConfig\n"
        "from forethought.engine.api import CancelToken, GenerateRequest, Message, Prompt\n"
        "engine = EngineClient(HostConfig.from_json(sys.argv[1]))\n"
        "request = GenerateRequest((Prompt((Message('user', 'Tell me everything.'),)),), 3000, 'requested')\n"
        "list(engine.generate(request, CancelToken()))\n"
    )
    client = subprocess.Popen(
        [sys.executable, program, engine.config.to_json()], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    eventually(lambda: busy(engine))
    client.kill()
    client.wait()
    eventually(lambda: not busy(engine))


def test_an_interactive_request_does_not_wait_for_other_work(engine: EngineClient) -> None:
    request = ask(*(f"Write about the number {number}." for number in range(3)), max_tokens=900, priority="requested")
    thread, results = in_thread(lambda: list(engine.generate(request, CancelToken())))
    eventually(lambda: busy(engine))
    (quick,) = run(engine, ask("What is the capital of France?", max_tokens=4))
    assert quick.usage.completion_tokens == 4
    assert not results
    thread.join(120)
    # Resumed where it was: whole answers, each exactly once.
    assert [answer.index for answer in results[0]] == [0, 1, 2]  # type: ignore[attr-defined]
    assert all(answer.usage.completion_tokens == 900 for answer in results[0])  # type: ignore[attr-defined]


def test_idle_work_waits_until_nobody_is_active(engine: EngineClient) -> None:
    engine._activity_reported_at = 0.0
    engine.report_activity()
    started = time.monotonic()
    thread, results = in_thread(
        lambda: run(engine, ask("Hello", max_tokens=2, priority="idle", idle_delay_seconds=1.5))
    )
    (requested,) = run(engine, ask("Hello", max_tokens=2, priority="requested"))
    assert requested.text
    assert not results
    thread.join(120)
    assert time.monotonic() - started >= 1.5
    assert completions(results[0])  # type: ignore[arg-type]


def test_activity_stops_idle_work_that_runs(engine: EngineClient) -> None:
    cancel = CancelToken()
    request = ask("Tell me everything.", max_tokens=2000, priority="idle", idle_delay_seconds=0.0)
    thread, _ = in_thread(lambda: list(engine.generate(request, cancel)))
    eventually(lambda: busy(engine), 60)
    (answer,) = run(engine, ask("Hello", max_tokens=2))
    assert answer.text
    cancel.cancel()
    thread.join(10)
    assert not thread.is_alive()


def test_the_same_work_is_done_once_for_two_callers(engine: EngineClient) -> None:
    request = ask("Write about the sea.", max_tokens=30, priority="requested", work_key="subject:producer")
    callers = [in_thread(lambda: run(engine, request)) for _ in range(2)]
    for thread, _ in callers:
        thread.join(60)
    first, second = (results[0][0] for _, results in callers)  # type: ignore[index]
    assert first == second  # down to the measured seconds: one computation


def test_work_goes_on_for_the_caller_that_remains(engine: EngineClient) -> None:
    request = ask("Write about the wind.", max_tokens=1500, priority="requested", work_key="subject:other")
    cancel = CancelToken()
    leaving, left = in_thread(lambda: list(engine.generate(request, cancel)))
    eventually(lambda: busy(engine))
    staying, results = in_thread(lambda: run(engine, request))
    time.sleep(0.1)
    cancel.cancel()
    leaving.join(5)
    staying.join(60)
    assert isinstance(left[0], Cancelled)
    assert completions(results[0])  # type: ignore[arg-type]


def test_the_host_is_private_and_logs_no_prompt(engine: EngineClient) -> None:
    run(engine, ask("a very secret question", max_tokens=2))
    runtime_dir = engine.runtime_dir
    assert stat.S_IMODE(runtime_dir.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(runtime_dir.socket.stat().st_mode) == 0o600
    assert "secret" not in runtime_dir.log.read_text()


def test_clients_that_start_at_once_share_one_host(make_engine: MakeEngine, smollm2: Path, tmp_path: Path) -> None:
    clients = [make_engine(smollm2, tmp_path) for _ in range(4)]
    counting = [in_thread(lambda client=client: client.count_tokens([prompt("Hi")])) for client in clients]  # type: ignore[misc]
    for thread, _ in counting:
        thread.join(60)
    assert len({results[0][0] for _, results in counting}) == 1  # type: ignore[index]
    assert len(host_status(tmp_path)) == 1
    assert stop_hosts(tmp_path) == 1
    assert host_status(tmp_path) == []


def test_a_host_that_is_killed_while_decoding_is_replaced(
    make_engine: MakeEngine, smollm2: Path, tmp_path: Path
) -> None:
    engine = make_engine(smollm2, tmp_path)
    for _ in range(3):  # a kill is not a crash of the model: it never leads to giving up
        events = engine.generate(ask("Tell me everything.", max_tokens=2000), CancelToken())
        next(events)
        os.kill(int(str(status_of(engine)["pid"])), signal.SIGKILL)
        with pytest.raises(EngineError, match="ask again"):
            list(events)
    assert run(engine, ask("Hi", max_tokens=2))[0].text


def test_a_model_that_aborts_is_given_up_after_two_crashes(
    make_engine: MakeEngine, make_model: MakeModel, tmp_path: Path
) -> None:
    engine = make_engine(make_model("llama", "v3", byte_tokens=False), tmp_path)
    bad = Prompt((Message("user", "f(x) + 1"),))
    with pytest.raises(ModelLoadError, match="crash"):
        engine.count_tokens([bad])
    with pytest.raises(ModelLoadError, match="2 times"):
        engine.count_tokens([bad])
    with pytest.raises(ModelLoadError, match="not tried again"):
        engine.count_tokens([bad])
    assert host_status(tmp_path) == []
    stop_hosts(tmp_path)
    with pytest.raises(ModelLoadError, match="once more"):
        engine.count_tokens([bad])


@pytest.mark.parametrize(("architecture", "tokenizer"), [("llama", "v1"), ("llama", "v3"), ("mistral3", "tekken")])
def test_both_mistral_architectures_run(
    make_engine: MakeEngine, make_model: MakeModel, architecture: str, tokenizer: str
) -> None:
    engine = make_engine(make_model(architecture, tokenizer))
    first, second = run(engine, ask("Hello there.", "Hello you.", max_tokens=4, priority="requested"))
    assert first.usage.completion_tokens == second.usage.completion_tokens == 4


def test_a_file_that_is_not_a_model_is_named(make_engine: MakeEngine, smollm2: Path, tmp_path: Path) -> None:
    page, cut = tmp_path / "page.gguf", tmp_path / "cut.gguf"
    page.write_text("<!doctype html>")
    with smollm2.open("rb") as file:
        cut.write_bytes(file.read(20_000_000))
    for path, reason in [(page, "not a GGUF"), (cut, "truncated"), (tmp_path / "none.gguf", "does not exist")]:
        with pytest.raises(ModelLoadError, match=reason):
            run(make_engine(path, tmp_path), ask("Hi"))
    assert host_status(tmp_path) == []


def test_a_model_that_llama_cpp_refuses_gives_its_reason(
    make_engine: MakeEngine, make_model: MakeModel, tmp_path: Path
) -> None:
    path = tmp_path / "odd.gguf"
    path.write_bytes(make_model().read_bytes().replace(b"llama", b"lhama", 1))
    with pytest.raises(ModelLoadError, match="lhama"):
        run(make_engine(path, tmp_path), ask("Hi"))


def test_a_newer_client_takes_over_after_the_running_request(
    make_engine: MakeEngine, smollm2: Path, tmp_path: Path
) -> None:
    engine = make_engine(smollm2, tmp_path)
    thread, results = in_thread(
        lambda: list(engine.generate(ask("Tell me a lot.", max_tokens=60, priority="requested"), CancelToken()))
    )
    eventually(lambda: busy(engine))
    pid = int(str(status_of(engine)["pid"]))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(engine.runtime_dir.socket))
        connection.sendall(wire.encode_message({"type": "hello", "protocol": wire.PROTOCOL_VERSION, "version": "99.0"}))
        assert wire.MessageReader(connection).read(5) == {"type": "leaving"}
    thread.join(60)
    assert completions(results[0])  # type: ignore[arg-type]
    eventually(lambda: gone(pid))
    assert run(engine, ask("Hi", max_tokens=2))[0].text


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\xff\xff", b"\x00\x00\x00\x02[]", b"\x00\x00\x00\x04{}{}", b"\x00"]
)
def test_garbage_hurts_nobody_else(engine: EngineClient, garbage: bytes) -> None:
    before = status_of(engine)["pid"]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(engine.runtime_dir.socket))
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(5)
        while connection.recv(65536):
            pass
    assert status_of(engine)["pid"] == before


def test_malformed_requests_get_an_error(engine: EngineClient) -> None:
    for request in (
        {"type": "generate"},
        {"type": "score", "prompts": 3},
        {"type": "score", "prompts": [], "continuations": ["x"], "priority": "idle"},
        {"type": "no such"},
        {"type": "generate", "request": {"prompts": 1}},
    ):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(engine.runtime_dir.socket))
            reader = wire.MessageReader(connection)
            connection.sendall(
                wire.encode_message({"type": "hello", "protocol": wire.PROTOCOL_VERSION, "version": "0"})
            )
            connection.sendall(wire.encode_message(request))
            assert (reader.read(5) or {})["type"] == "hello"
            assert (reader.read(5) or {})["type"] == "error"


def test_a_client_that_never_reads_is_dropped(engine: EngineClient) -> None:
    frame = wire.encode_message({"type": "info"}) * 100
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(engine.runtime_dir.socket))
        connection.sendall(wire.encode_message({"type": "hello", "protocol": wire.PROTOCOL_VERSION, "version": "0"}))
        connection.settimeout(300)  # only ends a test that fails: the host drops the client long before
        with pytest.raises(ConnectionError):
            for _ in range(3000):
                connection.sendall(frame)
    assert engine.count_tokens([prompt("Hi")])[0] > 0


def test_a_host_leaves_when_its_lock_is_removed(make_engine: MakeEngine, smollm2: Path, tmp_path: Path) -> None:
    engine = make_engine(smollm2, tmp_path)
    engine.count_tokens([prompt("Hi")])
    pid = int(str(status_of(engine)["pid"]))
    engine.runtime_dir.lock.unlink()
    eventually(lambda: gone(pid))
    assert engine.count_tokens([prompt("Hi")])[0] > 0


def test_a_host_unloads_and_leaves_when_nobody_needs_it(make_engine: MakeEngine, smollm2: Path, tmp_path: Path) -> None:
    engine = make_engine(smollm2, tmp_path, idle_unload_minutes=0.01)
    run(engine, ask("Hi", max_tokens=2))
    pid = int(str(status_of(engine)["pid"]))
    eventually(lambda: gone(pid))
    assert "unloading" in engine.runtime_dir.log.read_text()


def swap(path: Path, other: Path) -> None:
    """Replace a file as download tools do."""
    draft = path.with_suffix(".draft")
    shutil.copy(other, draft)
    draft.replace(path)


def test_a_replaced_model_answers_itself(make_engine: MakeEngine, make_model: MakeModel, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    shutil.copy(make_model("llama", "v3"), path)
    engine = make_engine(path, tmp_path)
    question = ask("Hi", max_tokens=2)
    before = engine.identity().digest
    run(engine, question)
    pid = status_of(engine)["pid"]
    swap(path, make_model("llama", "v1"))
    with pytest.raises(EngineError, match="replaced meanwhile"):
        run(engine, question)  # whose digest was that of the other file
    after = engine.identity().digest
    assert after == hashlib.sha256(path.read_bytes()).hexdigest() != before
    run(engine, question)
    assert status_of(engine)["pid"] != pid
    eventually(lambda: gone(int(str(pid))))


def test_a_host_leaves_when_its_model_is_replaced(
    make_engine: MakeEngine, make_model: MakeModel, tmp_path: Path
) -> None:
    path = tmp_path / "model.gguf"
    shutil.copy(make_model("llama", "v3"), path)
    engine = make_engine(path, tmp_path)
    run(engine, ask("Hi", max_tokens=2))
    pid = int(str(status_of(engine)["pid"]))
    swap(path, make_model("llama", "v3"))
    eventually(lambda: gone(pid))


def test_a_long_runtime_folder_works(make_engine: MakeEngine, smollm2: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20) / ("path" * 20)
    engine = make_engine(smollm2, folder)
    assert engine.count_tokens([prompt("Hi")])[0] > 0
    assert stop_hosts(folder) == 1


def test_the_loopback_transport_needs_its_token(make_engine: MakeEngine, smollm2: Path, tmp_path: Path) -> None:
    engine = make_engine(smollm2, tmp_path, "tcp")
    assert run(engine, ask("Hi", max_tokens=2))[0].text
    address = json.loads(engine.runtime_dir.port_file.read_text())
    assert stat.S_IMODE(engine.runtime_dir.port_file.stat().st_mode) == 0o600
    with socket.create_connection(("127.0.0.1", address["port"])) as connection:
        hello = {"type": "hello", "protocol": wire.PROTOCOL_VERSION, "version": "0", "token": "guess"}
        connection.sendall(bytes(NONCE_BYTES))
        assert connection.recv(PROOF_BYTES) == prove(address["token"], bytes(NONCE_BYTES))
        connection.sendall(wire.encode_message(hello) + wire.encode_message({"type": "info"}))
        assert (wire.MessageReader(connection).read(5) or {})["type"] == "error"
    assert stop_hosts(tmp_path) == 1
    assert not engine.runtime_dir.port_file.exists()


def test_the_host_survives_the_terminal_of_its_starter(make_engine: MakeEngine, smollm2: Path, tmp_path: Path) -> None:
    engine = make_engine(smollm2, tmp_path)
    engine.count_tokens([prompt("Hi")])
    pid = int(str(status_of(engine)["pid"]))
    assert os.getpgid(pid) != os.getpgid(0)
    assert os.getsid(pid) != os.getsid(0)
    assert psutil.Process(pid).ppid() != os.getpid()
