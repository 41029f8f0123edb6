"""The setting `navigation`: for which languages the server answers what other servers answer, too.

A client that knows which other servers it has announces the capability `experimental.forethought.languageServers` and
sends `forethought/didChangeLanguageServers`. With `auto`, the languages that it does not name are answered. A client
that says nothing gets nothing with `auto`, because a second answer beside that of another server is worse than none.
The exceptions are clients that never ask two servers about one document.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from lsprotocol import types

from forethought.app.session import Session

LANGUAGE_IDS: Mapping[str, tuple[str, ...]] = {
    "bash": ("bash", "sh", "shellscript", "zsh"),
    "c-sharp": ("csharp", "cs", "c-sharp"),
    "javascript": ("javascript", "javascriptreact"),
    "tsx": ("typescriptreact", "tsx"),
}
"""LSP's identifiers of our languages in different editors, where they are not our own names."""

ONE_SERVER_CLIENTS = frozenset({"Eglot"})
"""The `clientInfo.name` of clients that start one server for a document."""

_METHODS: Mapping[str, tuple[str, str]] = {
    types.TEXT_DOCUMENT_DEFINITION: ("definition_provider", "definition"),
    types.TEXT_DOCUMENT_DECLARATION: ("declaration_provider", "declaration"),
    types.TEXT_DOCUMENT_IMPLEMENTATION: ("implementation_provider", "implementation"),
    types.TEXT_DOCUMENT_REFERENCES: ("references_provider", "references"),
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: ("document_highlight_provider", "document_highlight"),
    types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY: ("call_hierarchy_provider", "call_hierarchy"),
    types.TEXT_DOCUMENT_PREPARE_TYPE_HIERARCHY: ("type_hierarchy_provider", "type_hierarchy"),
    types.TEXT_DOCUMENT_CODE_LENS: ("code_lens_provider", "code_lens"),
}
"""Method → (the attribute of `ServerCapabilities`, that of `TextDocumentClientCapabilities`)."""

_SCHEMES = ("file", "untitled")

Selector = Sequence[types.TextDocumentFilterLanguage | types.TextDocumentFilterScheme]


class NavigationServer(Protocol):
    """A server that can register capabilities."""

    session: Session

    @property
    def client_capabilities(self) -> types.ClientCapabilities: ...

    def client_register_capability(self, params: types.RegistrationParams) -> Any: ...

    def client_unregister_capability(self, params: types.UnregistrationParams) -> Any: ...

    def workspace_code_lens_refresh(self, params: None) -> Any: ...


class Navigation:
    """Knows what is answered, and offers it to one client. Everything here is instant."""

    def __init__(self, params: types.InitializeParams, server: NavigationServer) -> None:
        self._server = server
        self._is_only_server = params.client_info is not None and params.client_info.name in ONE_SERVER_CLIENTS
        own = _member(params.capabilities.experimental, "forethought")
        self._is_told = _member(own, "languageServers") is True
        command = _member(own, "showReferences")
        self.show_references = command if isinstance(command, str) else None
        """The client's command that shows references, called with a URI and a position; None if it has none."""
        self._others: frozenset[str] | None = None
        """The languages that have another server; None until the client names them."""
        self._dynamic = tuple(method for method in _METHODS if self._can_register(params.capabilities, method))
        self._registered: Selector | None = None
        self._generations: dict[str, int] = {}

    def restrict(self, capabilities: types.ServerCapabilities) -> None:
        """Remove what is offered later, when it is known for which languages, and what is never answered."""
        mode = self._server.session.settings.navigation
        is_possible = mode == "on" or (mode == "auto" and (self._is_told or self._is_only_server))
        for method, (attribute, _) in _METHODS.items():
            if method in self._dynamic or not is_possible:
                setattr(capabilities, attribute, None)

    def answers(self, language: str) -> bool:
        """Whether requests about files in one of our languages are answered."""
        match self._server.session.settings.navigation:
            case "on":
                return True
            case "off":
                return False
        if self._others is None:
            return self._is_only_server
        return self._others.isdisjoint(LANGUAGE_IDS.get(language, (language,)))

    def set_other_servers(self, languages: Collection[str]) -> None:
        """Note the languages, as LSP's identifiers, for which the client has another server."""
        self._others = frozenset(languages)
        self.update()

    def update(self) -> None:
        """Register the capabilities for the languages that are answered now."""
        selector = self._selector() or None
        if selector == self._registered or not self._dynamic:
            return
        if self._registered is not None:
            gone = [types.Unregistration(_id_of(method), method) for method in self._dynamic]
            self._server.client_unregister_capability(types.UnregistrationParams(gone))
        if selector is not None:
            options = {"documentSelector": [_filter_json(item) for item in selector]}
            added = [types.Registration(_id_of(method), method, _options(method, options)) for method in self._dynamic]
            self._server.client_register_capability(types.RegistrationParams(added))
        self._registered = selector

    def refresh_lenses(self) -> None:
        """Have the client ask for code lenses again if an index has changed since it was last told to."""
        workspace = self._server.client_capabilities.workspace
        if workspace is None or workspace.code_lens is None or not workspace.code_lens.refresh_support:
            return
        generations = {
            str(root.root): root.index.generation
            for root in self._server.session.workspaces
            if root.indexed_once and not root.indexing
        }
        if generations != self._generations:
            self._generations = generations
            if any(self.answers(language) for language in self._languages()):
                self._server.workspace_code_lens_refresh(None)

    def _selector(self) -> Selector:
        if self._server.session.settings.navigation == "on":
            return [types.TextDocumentFilterScheme(scheme) for scheme in _SCHEMES]
        return [
            types.TextDocumentFilterLanguage(identifier)
            for language in self._languages()
            if self.answers(language)
            for identifier in LANGUAGE_IDS.get(language, (language,))
        ]

    def _languages(self) -> list[str]:
        return sorted({name for workspace in self._server.session.workspaces for name in workspace.languages.names})

    @staticmethod
    def _can_register(capabilities: types.ClientCapabilities, method: str) -> bool:
        found = getattr(capabilities.text_document, _METHODS[method][1], None)
        return found is not None and bool(found.dynamic_registration)


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _id_of(method: str) -> str:
    return f"forethought-{method}"


def _options(method: str, options: dict[str, Any]) -> dict[str, Any]:
    return {**options, "resolveProvider": True} if method == types.TEXT_DOCUMENT_CODE_LENS else options


def _filter_json(item: types.TextDocumentFilterLanguage | types.TextDocumentFilterScheme) -> dict[str, str]:
    return (
        {"language": item.language} if isinstance(item, types.TextDocumentFilterLanguage) else {"scheme": item.scheme}
    )
