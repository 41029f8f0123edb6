"""Questions over LSP: streaming, cancellation and errors, with a fake engine behind the real session."""

from pathlib import Path
from typing import Any

import pytest

from forethought.bench.lsp_client import ServerError
from forethought.errors import ContextOverflow, EngineError, IndexingError
from forethought.text.uris import file_uri
from support.lsp import InProcess, at
from support.polling import eventually

pytestmark = pytest.mark.slow

WHY = {"question": "Why would somebody prefer total over a loop of their own, and what would break without it?"}


def progress(connection: InProcess, token: str) -> list[Any]:
    messages = [m for m in list(connection.notifications.queue) if m["method"] == "$/progress"]
    return [message["params"]["value"] for message in messages if message["params"]["token"] == token]


def chat(connection: InProcess, **params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = connection.request("forethought/chat", {**WHY, **params}, 20)
    return answer


def test_the_pieces_that_are_streamed_make_the_answer(inside: InProcess) -> None:
    inside.engine.queue("It adds `areas` up,\nso that nobody has to write the loop again.")
    answer = chat(inside, tier="full", partialResultToken="p1")
    pieces = [value["delta"] for value in progress(inside, "p1")]
    assert len(pieces) > 3
    assert "".join(pieces) == answer["answer"]
    assert "`areas`" in answer["answer"]
    assert answer["tier"] == "full" and answer["state"] == "live" and answer["model"] == "fake"
    assert answer["usage"]["completionTokens"] > 0 and answer["usage"]["totalMs"] > 0
    assert answer["id"]


def test_what_the_model_writes_is_not_live(inside: InProcess) -> None:
    inside.engine.queue("See [this](http://evil.example) <img src=x> and https://evil.example now.")
    answer = chat(inside, tier="full", partialResultToken="p1")["answer"]
    assert "](http" not in answer and "\\<img" in answer and "`https://evil.example`" in answer
    assert "".join(value["delta"] for value in progress(inside, "p1")) == answer


def test_without_a_token_nothing_is_streamed(inside: InProcess) -> None:
    chat(inside, tier="full")
    assert not [m for m in list(inside.notifications.queue) if m["method"] == "$/progress"]


def test_work_done_progress_begins_and_ends(inside: InProcess) -> None:
    chat(inside, tier="full", workDoneToken="w1")
    assert [value["kind"] for value in progress(inside, "w1")] == ["begin", "end"]
    assert progress(inside, "w1")[0]["cancellable"] is True


def test_cancelling_the_request_stops_the_engine(inside: InProcess) -> None:
    inside.engine.hold()
    request = inside.send("forethought/chat", {**WHY, "tier": "full", "workDoneToken": "w1"})
    inside.engine.wait_until_asked()
    inside.notify("$/cancelRequest", {"id": request})
    with pytest.raises(ServerError) as caught:
        inside.result(request, 10)
    assert caught.value.code == -32800
    assert [value["kind"] for value in progress(inside, "w1")] == ["begin", "end"]
    inside.engine.release()
    assert chat(inside, tier="full")["answer"]


@pytest.mark.parametrize("through_command", [False, True])
def test_cancelling_the_progress_stops_the_engine(inside: InProcess, through_command: bool) -> None:
    inside.engine.hold()
    params = {**WHY, "tier": "full"}
    if through_command:
        command = {"command": "forethought.ask", "arguments": [params], "workDoneToken": "w1"}
        request = inside.send("workspace/executeCommand", command)
    else:
        request = inside.send("forethought/chat", {**params, "workDoneToken": "w1"})
    inside.engine.wait_until_asked()
    inside.notify("window/workDoneProgress/cancel", {"token": "w1"})
    with pytest.raises(ServerError) as caught:
        inside.result(request, 10)
    assert caught.value.code == -32800


def test_a_command_that_is_cancelled_stops_the_engine(inside: InProcess) -> None:
    inside.engine.hold()
    command = {"command": "forethought.ask", "arguments": [{**WHY, "tier": "full"}]}
    request = inside.send("workspace/executeCommand", command)
    inside.engine.wait_until_asked()
    inside.notify("$/cancelRequest", {"id": request})
    with pytest.raises(ServerError) as caught:
        inside.result(request, 10)
    assert caught.value.code == -32800
    inside.engine.release()
    inside.engine.queue("Next.")
    assert chat(inside, tier="full")["answer"].endswith("Next.")


def test_a_question_does_not_keep_others_waiting(inside: InProcess, repository: Path) -> None:
    inside.engine.hold()
    request = inside.send("forethought/chat", {**WHY, "tier": "full"})
    inside.engine.wait_until_asked()
    uri = file_uri(repository / "main.py")
    assert "def total" in inside.request("textDocument/hover", at(uri, 4, 35), 10)["contents"]["value"]
    assert chat(inside, question="Who calls total?")["tier"] == "facts"
    inside.engine.release()
    assert inside.result(request, 10)["tier"] == "full"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (EngineError("The model went away; ask again."), "engine_failed"),
        (ContextOverflow("It does not fit; ask about less."), "overflow"),
        (IndexingError("The index is being built; ask again."), "indexing"),
    ],
)
def test_what_goes_wrong_has_a_reason_that_programs_can_read(inside: InProcess, error: Exception, reason: str) -> None:
    inside.engine.queue(error, error, error)
    with pytest.raises(ServerError) as caught:
        chat(inside, tier="full", workDoneToken="w1")
    assert (caught.value.code, caught.value.data) == (-32803, {"reason": reason})
    assert str(caught.value) == str(error)
    assert [value["kind"] for value in progress(inside, "w1")] == ["begin", "end"]


def test_a_fault_of_ours_is_one_sentence_without_a_traceback(inside: InProcess) -> None:
    inside.engine.queue(ZeroDivisionError("division"))
    with pytest.raises(ServerError) as caught:
        chat(inside, tier="full")
    assert caught.value.code == -32603 and caught.value.data is None and "ZeroDivisionError" in str(caught.value)


def test_a_place_that_the_document_does_not_have_is_content_modified(inside: InProcess, repository: Path) -> None:
    with pytest.raises(ServerError) as caught:
        chat(inside, **at(file_uri(repository / "main.py"), 400, 0))
    assert caught.value.code == -32801


def test_a_question_about_a_place_is_about_what_stands_there(inside: InProcess, repository: Path) -> None:
    answer = chat(inside, question="Who calls this?", **at(file_uri(repository / "main.py"), 4, 35))
    assert answer["tier"] == "facts" and "main" in answer["answer"]
    assert file_uri(repository / "main.py") in {source["uri"] for source in answer["sources"]}


def test_settings_and_parameters_choose_the_length(inside: InProcess) -> None:
    chat(inside, tier="full")
    chat(inside, tier="full", verbosity=3)
    inside.notify("workspace/didChangeConfiguration", {"settings": {"forethought": {"chat": {"verbosity": 4}}}})
    eventually(lambda: inside.server.session.settings.chat_verbosity == 4)
    chat(inside, tier="full")
    assert [request.max_tokens for request in inside.engine.requests] == [80, 320, 640]


def test_history_reaches_the_prompt(inside: InProcess) -> None:
    history = [{"role": "user", "content": "Is it pure-marker?"}, {"role": "assistant", "content": "Yes-marker."}]
    chat(inside, tier="full", history=history)
    text = " ".join(message.content for message in inside.engine.requests[-1].prompts[0].messages)
    assert "pure-marker" in text and "Yes-marker" in text


def test_thinking_about_a_file_reports_and_can_be_cancelled(inside: InProcess, repository: Path) -> None:
    command = {"command": "forethought.precomputeFile", "arguments": [file_uri(repository / "shapes.py")]}
    document = inside.request("workspace/executeCommand", {**command, "workDoneToken": "w1"}, 60)
    assert document["files"]["selected"] == 1 and document["symbols"]["failed"] == 0
    assert [value["kind"] for value in progress(inside, "w1")][:1] == ["begin"]
    assert progress(inside, "w1")[-1]["kind"] == "end"
    inside.engine.hold()
    asked = len(inside.engine.requests)
    work = inside.send(
        "workspace/executeCommand", {"command": "forethought.precomputeWorkspace", "workDoneToken": "w2"}
    )
    inside.engine.wait_until_asked(asked + 1)
    inside.notify("window/workDoneProgress/cancel", {"token": "w2"})
    try:
        document = inside.result(work, 20)
    except ServerError as error:
        assert error.code == -32800
    else:
        assert document["symbols"]["remaining"] > 0


def test_a_wrong_answer_does_not_come_back_until_it_is_called_right(inside: InProcess, repository: Path) -> None:
    inside.request(
        "workspace/executeCommand",
        {"command": "forethought.precomputeFile", "arguments": [file_uri(repository / "shapes.py")]},
        60,
    )
    place = at(file_uri(repository / "shapes.py"), 19, 6)

    def answer() -> dict[str, Any]:
        return chat(inside, question="What does total do?", tier="predicted", **place)

    predicted = answer()
    assert predicted["tier"] == "predicted"
    inside.notify("forethought/feedback", {"id": predicted["id"], "verdict": "wrong"})
    eventually(lambda: answer()["tier"] == "none")
    inside.notify("forethought/feedback", {"id": predicted["id"], "verdict": "right"})
    eventually(lambda: answer()["answer"] == predicted["answer"])


def test_background_work_that_lasts_is_shown_and_cancelling_it_ends_this_run(
    inside: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forethought.lsp.status_reporter.QUIET_SECONDS", 0.1)
    inside.engine.hold()
    settings = {"forethought": {"sleep": {"scope": "all"}, "idle": {"delaySeconds": 0, "onBattery": True}}}
    inside.notify("workspace/didChangeConfiguration", {"settings": settings})
    inside.open(repository / "shapes.py", "python")

    def shown(kind: str) -> list[Any]:
        messages = [m for m in list(inside.notifications.queue) if m["method"] == "$/progress"]
        return [m["params"]["token"] for m in messages if m["params"]["value"]["kind"] == kind]

    token = eventually(lambda: shown("begin"), 30)[0]
    assert len(token) == 36
    inside.notify("window/workDoneProgress/cancel", {"token": token})
    assert "commit, save" in eventually(lambda: inside.request("forethought/status", None).get("pausedReason"))
    eventually(lambda: token in shown("end"))
    assert shown("begin").count(token) == 1
    asked = len(inside.engine.requests)
    inside.notify("textDocument/didSave", {"textDocument": {"uri": file_uri(repository / "shapes.py")}})
    inside.engine.wait_until_asked(asked + 1, 30)  # the next trigger starts another run
    assert "pausedReason" not in inside.request("forethought/status", None)


def test_a_question_about_a_file_that_is_not_there_is_answered_all_the_same(
    inside: InProcess, repository: Path
) -> None:
    place = at(file_uri(repository / "gone.py"), 3, 1)
    assert chat(inside, question="Who calls total?", **place)["tier"] == "facts"
