"""The server with the capabilities that VS Code and Neovim announce."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from forethought.text.uris import file_uri
from support.lsp import MAIN, SHAPES
from support.repository import make_repository

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"shapes.py": SHAPES, "main.py": MAIN})


@pytest_lsp.fixture(
    config=ClientServerConfig(server_command=[sys.executable, "-m", "forethought.lsp"]),
    params=["visual-studio-code", "neovim"],
)
async def editor(
    request: pytest.FixtureRequest, lsp_client: LanguageClient, folder: Path, tmp_path: Path
) -> AsyncIterator[None]:
    params = types.InitializeParams(
        capabilities=client_capabilities(request.param),
        root_uri=file_uri(folder),
        workspace_folders=[types.WorkspaceFolder(file_uri(folder), "repository")],
        initialization_options={"engine": "none", "cache": {"directory": str(tmp_path / "cache")}},
    )
    registered: list[types.RegistrationParams] = []
    lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda params: registered.append(params))
    await lsp_client.initialize_session(params)
    yield
    await lsp_client.shutdown_session()
    assert len(registered) == (request.param == "visual-studio-code")


async def wait_for(ask: Any, seconds: float = 30.0) -> Any:
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        if answer := await ask():
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError("not in time")


async def test_hover_symbols_and_commands_work(editor: LanguageClient, folder: Path) -> None:
    uri = file_uri(folder / "main.py")
    editor.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, types.LanguageKind.Python, 1, MAIN))
    )
    place = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(4, 35))
    hover = await wait_for(lambda: editor.text_document_hover_async(place))
    assert isinstance(hover.contents, types.MarkupContent)
    assert "def total" in hover.contents.value
    symbols = await editor.text_document_document_symbol_async(
        types.DocumentSymbolParams(types.TextDocumentIdentifier(file_uri(folder / "shapes.py")))
    )
    assert symbols and isinstance(symbols[0], types.DocumentSymbol)
    found = await wait_for(lambda: editor.workspace_symbol_async(types.WorkspaceSymbolParams("total")))
    assert found[0].name == "total"
    status = await editor.workspace_execute_command_async(types.ExecuteCommandParams("forethought.resume"))
    assert status is not None
