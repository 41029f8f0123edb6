"""`forethought/chat` and `forethought/feedback`: a question, and what the user thinks of the answer."""

import asyncio
from typing import Any

from lsprotocol import types

from forethought.engine.api import CancelToken, Message
from forethought.lsp.protocol_extensions import ChatParams, FeedbackParams, ProgressToken
from forethought.lsp.requests.document_lookup import position_in_file
from forethought.lsp.state import ServerState
from forethought.lsp.threads import call_on_loop
from forethought.present.answer_document import answer_document
from forethought.qa.question import Question
from forethought.text.markdown import SafeMarkdown


async def chat(server: ServerState, params: ChatParams, token: ProgressToken | None = None) -> dict[str, Any]:
    """Answer a question. Cancelling the request, or its progress, stops the engine.

    `token` is the work-done token if the parameters have none.
    """
    loop, cancel = asyncio.get_running_loop(), CancelToken()
    partial_token = params.partial_result_token
    job = server.jobs.for_client(token if params.work_done_token is None else params.work_done_token, cancel.cancel)
    stream = SafeMarkdown()

    def send(delta: str) -> None:
        if delta and partial_token is not None and not cancel.cancelled:
            server.notify(types.PROGRESS, types.ProgressParams(partial_token, {"delta": delta}))

    def answer() -> dict[str, Any]:
        def on_delta(text: str) -> None:
            call_on_loop(loop, send, stream.feed(text))

        answered = server.session.ask(_read_question(server, params), on_delta, cancel)
        document = answer_document(answered, server.encoder())
        call_on_loop(loop, send, stream.finish())
        return document

    server.session.report_activity()
    job.begin("Answering")
    try:
        return await server.threads.run_alone(answer)
    finally:
        cancel.cancel()
        job.end()


def feedback(server: ServerState, params: FeedbackParams) -> None:
    server.run_in_background(server.threads.run(server.session.feedback, params.id, params.verdict))


def _read_question(server: ServerState, params: ChatParams) -> Question:
    """Blocks: reads the file that the question is about. Raises ContentModified."""
    location = None
    if params.text_document:
        server.roots.follow_link(params.text_document.uri)
        location = server.roots.resolve_uri(params.text_document.uri)
    at = None
    if location is not None and location[0].lines(location[1]):
        workspace, path = location
        position = position_in_file(server, workspace, path, params.position) if params.position else None
        at = (workspace, path, position)
    settings = server.session.settings_of(at[0] if at else None)
    return Question(
        text=params.question,
        at=at,
        history=tuple(Message(message.role, message.content) for message in params.history),
        verbosity=settings.chat_verbosity if params.verbosity is None else params.verbosity,
        tier=params.tier,
        fresh=params.fresh,
    )
