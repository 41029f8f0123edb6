"""The baseline for hover latency: a pygls server whose hover returns a constant."""

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from forethought import __version__


def main() -> None:
    server = LanguageServer("constant", __version__)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(_: types.HoverParams) -> types.Hover:
        return types.Hover(contents=types.MarkupContent(kind=types.MarkupKind.Markdown, value="x" * 600))

    server.start_io()


if __name__ == "__main__":
    main()
