"""`textDocument/codeAction`: “Explain” for the identifier at the cursor."""

from lsprotocol import types

from forethought.lsp.protocol_extensions import ASK
from forethought.lsp.requests.document_lookup import identifier_at
from forethought.lsp.state import ServerState

EXPLAIN = "forethought.explain"
"""A kind of our own, so that no “fix all on save” runs the action."""


async def code_action(server: ServerState, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Offer a question that the command `forethought.ask` answers."""
    only = params.context.only
    if only is not None and not any(kind == EXPLAIN or EXPLAIN.startswith(f"{kind}.") for kind in only):
        return []
    if params.context.trigger_kind == types.CodeActionTriggerKind.Automatic:
        return []  # or editors would show a light bulb at every identifier
    uri, position = params.text_document.uri, params.range.start
    identifier = await identifier_at(server, uri, position)
    if identifier is None or not identifier.targets:
        return []
    chat_params = {
        "question": f"What does `{identifier.text}` do?",
        "textDocument": {"uri": uri},
        "position": {"line": position.line, "character": position.character},
    }
    title = f"Explain {identifier.text}"
    command = types.Command(title=title, command=ASK, arguments=[chat_params])
    return [types.CodeAction(title=title, kind=EXPLAIN, command=command)]
