"""Every error that Forethought raises on purpose.

    ForethoughtError
    ├── UsageError            the request is wrong (exit status 2, InvalidParams)
    ├── ConfigError           a settings file cannot be read
    ├── RootError             a folder cannot be served
    ├── IndexingError         the index cannot be built or read
    ├── StoreError            stored insights cannot be read or written
    ├── ModelError            a model cannot be found, downloaded or checked
    └── EngineError           the engine cannot answer
        ├── EngineUnavailable no engine is configured, installed or reachable
        ├── ModelLoadError    the model cannot be loaded
        ├── ContextOverflow   the prompt does not fit into the model's context
        └── Cancelled         the caller cancelled the request, or is gone

Each message is one sentence for users: what happened, why, and what to do.
"""


class ForethoughtError(Exception):
    """Base class of all errors that users see as one line."""


class UsageError(ForethoughtError):
    """The request is wrong: an unknown name, a path outside the root, a bad value."""


class ConfigError(ForethoughtError):
    """A settings file cannot be read."""


class RootError(ForethoughtError):
    """A folder cannot be served: it is missing, not a folder, or the home or root folder."""


class IndexingError(ForethoughtError):
    """The index cannot be built or read."""


class StoreError(ForethoughtError):
    """Stored insights cannot be read or written."""


class ModelError(ForethoughtError):
    """A model cannot be found, downloaded or checked."""


class EngineError(ForethoughtError):
    """The engine cannot answer."""


class EngineUnavailable(EngineError):
    """No engine is configured, installed or reachable."""


class ModelLoadError(EngineError):
    """The model cannot be loaded: missing, truncated, not GGUF, too large, or it crashes the process."""


class ContextOverflow(EngineError):
    """The prompt does not fit into the model's context."""


class Cancelled(EngineError):
    """The caller cancelled the request, or is gone."""
