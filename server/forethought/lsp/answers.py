"""What people ask: questions, the c′ document, and what they think of an answer."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from forethought.engine.api import CancelToken, Message
from forethought.errors import ForethoughtError
from forethought.lsp.json_rpc import CONTENT_MODIFIED, REQUEST_FAILED, Params, invalid_params, request_error
from forethought.lsp.position_encoding import from_lsp_position
from forethought.lsp.progress_jobs import Token
from forethought.lsp.threads import call_on_loop
from forethought.present.answer_document import answer_document
from forethought.present.insight_document import ambiguity_document, insight_document
from forethought.syntax.tags import Position
from forethought.text.markdown import SafeMarkdown, escape
from forethought.text.positions import BOM, decode_line

if TYPE_CHECKING:
    from forethought.app.session import Session
    from forethought.lsp.server import ForethoughtServer
    from forethought.qa.question import Question
    from forethought.workspace.workspace import Workspace

TIERS = ("auto", "facts", "predicted", "enriched", "full")


async def chat(server: "ForethoughtServer", params: Any) -> dict[str, Any]:
    """`forethought/chat`: one question, streamed to `partialResultToken`, cancelled by request or by progress."""
    return await ask(server, Params("forethought/chat", params))


async def ask(server: "ForethoughtServer", asked: Params, token: Token | None = None) -> dict[str, Any]:
    """Answer a question; `token` is the work-done token when the parameters bring none."""
    uri, position = asked.document(), asked.position()
    make_question = _read_question(server.session, asked)
    partial = asked.token("partialResultToken")
    token = token if (own := asked.token("workDoneToken")) is None else own
    home = server.home_of(uri) if uri else None
    loop, cancel = asyncio.get_running_loop(), CancelToken()
    job = server.jobs.of_client(token, cancel.cancel)
    stream = SafeMarkdown()

    def send(piece: str) -> None:
        if piece and partial is not None and not cancel.cancelled:
            server.protocol.notify(types.PROGRESS, types.ProgressParams(partial, {"delta": piece}))

    def answer() -> dict[str, Any]:
        def on_delta(text: str) -> None:
            call_on_loop(loop, send, stream.feed(text))

        at = None
        if home is not None and home[0].lines(home[1]):
            workspace, path = home
            at = (workspace, path, place_in_file(server, workspace, path, position) if position else None)
        given = server.session.ask(make_question(at), on_delta, cancel)
        result = answer_document(given, server.encoder())
        call_on_loop(loop, send, stream.finish())
        return result

    server.session.report_activity()
    job.begin("Answering")
    try:
        return await server.threads.run_alone(answer)
    finally:
        cancel.cancel()
        job.end()


async def context(server: "ForethoughtServer", params: Any) -> dict[str, Any] | None:
    """`forethought/context`: the c′ document of a file, or of what the identifier at a position means."""
    asked = Params("forethought/context", params)
    uri, position = asked.required_document(), asked.position()
    home = server.home_of(uri)
    if home is None:
        return None
    workspace, path = home

    def find() -> dict[str, Any] | None:
        encoder = server.encoder()
        if position is None:
            symbol_infos = workspace.symbol_infos(path)
            return insight_document(workspace, symbol_infos, encoder) if symbol_infos else None
        try:
            place = place_in_file(server, workspace, path, position)
        except JsonRpcException:
            return None  # outside the text, nothing is known
        targets = workspace.targets_at(path, place)
        found = [symbol_info for target in targets if (symbol_info := workspace.symbol_info(target))]
        if not found:
            return None
        if len(targets) > 1:
            return ambiguity_document(workspace, path, found, encoder)
        return insight_document(workspace, found, encoder)

    return await server.threads.run(find)


async def digest(server: "ForethoughtServer", params: Any) -> dict[str, Any]:
    """`forethought/digest`: what changed in every root, or in that of `textDocument`, since `since`."""
    from forethought.present.digest_document import digest_document
    from forethought.workspace.changes_since import MAX_LISTED

    asked = Params("forethought/digest", params)
    since, limit, uri = asked.text("since"), asked.integer("limit", 0, 10_000), asked.document()
    home = server.home_of(uri) if uri else None
    workspaces = (home[0],) if home is not None else server.session.workspaces

    def compare() -> dict[str, Any]:
        documents, problems = [], []
        for workspace in workspaces:
            try:
                found = server.session.digest(workspace, since, MAX_LISTED if limit is None else limit)
            except ForethoughtError as error:
                problems.append(str(error))
            else:
                documents.append(digest_document(found, server.encoder()))
        if not documents:
            raise request_error(REQUEST_FAILED, " ".join(problems) or "No folder is open.", "no_history")
        markdown = "\n".join([*(document["markdown"] for document in documents), *map(escape, problems)])
        return {"markdown": markdown, "roots": documents, "problems": problems}

    return await server.threads.run_alone(compare)


async def feedback(server: "ForethoughtServer", params: Any) -> None:
    """`forethought/feedback`: a person says that an answer is wrong, or right."""
    given = Params("forethought/feedback", params)
    answer_id, verdict = given.required_text("id"), given.choice("verdict", "wrong", "right")
    if verdict is None:
        raise invalid_params("forethought/feedback needs `verdict`, wrong or right.")
    server.spawn(server.threads.run(server.session.feedback, answer_id, "wrong" if verdict == "wrong" else "right"))


def place_in_file(server: "ForethoughtServer", workspace: "Workspace", path: str, position: types.Position) -> Position:
    """A client's position in a file, open or not. Blocks. Raises ContentModified outside the text."""
    lines = workspace.lines(path)
    place = None
    if position.line < len(lines):
        line = lines[position.line]
        bom = position.line == 0 and line.startswith(BOM)
        place = from_lsp_position(decode_line(line, position.line), position, server.encoding, bom)
    if place is None:
        raise request_error(
            CONTENT_MODIFIED,
            f"The document has no line {position.line}, character {position.character} (any more); ask again.",
        )
    return place


def _read_question(
    session: "Session", asked: Params
) -> "Callable[[tuple[Workspace, str, Position | None] | None], Question]":
    """Check every parameter now; the place follows when the file is read."""
    from forethought.qa.question import Question

    text = asked.required_text("question")
    chosen = asked.integer("verbosity", 0, 4)
    tier: Any = asked.choice("tier", *TIERS) or "auto"
    fresh = asked.flag("fresh")
    history = []
    for item in asked.items("history"):
        role: Any = item.choice("role", "system", "user", "assistant")
        if role is None:
            raise invalid_params("Each of `history` needs `role`: system, user or assistant.")
        history.append(Message(role, item.text("content") or ""))

    def question(at: "tuple[Workspace, str, Position | None] | None") -> "Question":
        usual = session.settings_of(None if at is None else at[0]).chat_verbosity
        return Question(text, at, tuple(history), usual if chosen is None else chosen, tier, fresh)

    return question
