"""Renders hovers as the client shows them, and remembers what it rendered."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from forethought.facts.value_facts import LocalName
from forethought.lsp.roots import Roots
from forethought.present.hover_markdown import hover_markdown, local_name_markdown
from forethought.present.symbol_links import LinkTo, line_link
from forethought.syntax.tags import Range
from forethought.text.markdown import plain_text
from forethought.workspace.symbol_info import SymbolInfo
from forethought.workspace.workspace import Workspace

MAX_REMEMBERED = 2048
"""Hovers. A few kilobytes each at most, and a hover that is not remembered is only rendered again."""


class HoverRenderer:
    def __init__(self, params: types.InitializeParams, roots: Roots) -> None:
        """Use the format that the client prefers, or Markdown if it does not say."""
        document = params.capabilities.text_document
        formats = document.hover.content_format if document and document.hover else None
        self.kind = formats[0] if formats else types.MarkupKind.Markdown
        # Neovim hides the address of a link, but wraps the line as if it were visible.
        self._with_links = params.client_info is None or params.client_info.name != "Neovim"
        self._roots = roots
        self._texts: OrderedDict[tuple[Any, ...], str] = OrderedDict()

    def render(self, workspace: Workspace, symbol_infos: Sequence[SymbolInfo]) -> str:
        """Return the text of a hover about one symbol, or about several that the name may mean; "" for no hover."""
        content = workspace.settings.hover_content
        key = (workspace.root, content, *((info.path, info.symbol.id, info.version) for info in symbol_infos))
        known = self._texts.get(key)
        if known is not None:
            return known

        text = self._formatted(hover_markdown(symbol_infos, content, self._link_to(workspace)))
        self._texts[key] = text
        if len(self._texts) > MAX_REMEMBERED:
            self._texts.popitem(last=False)
        return text

    def render_local_name(self, workspace: Workspace, path: str, local_name: LocalName) -> str:
        """Return the text of a hover about a parameter or local variable of a file; "" for no hover."""
        if workspace.settings.hover_content == "insights":
            return ""
        return self._formatted(local_name_markdown(path, local_name, self._link_to(workspace)))

    def _link_to(self, workspace: Workspace) -> LinkTo | None:
        def link_to(path: str, range_: Range) -> str:
            return line_link(self._roots.document_uri(workspace, path), range_)

        return link_to if self._with_links else None

    def _formatted(self, text: str) -> str:
        return plain_text(text) if self.kind == types.MarkupKind.PlainText else text
