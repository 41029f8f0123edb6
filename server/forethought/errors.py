"""Every error that Forethought raises on purpose.

    ForethoughtError
    ├── UsageError            the request itself is wrong (exit status 2, InvalidParams)
    ├── ConfigError           a settings file cannot be read
    ├── RootError             the folder cannot be served
    ├── IndexingError         the index cannot be built or read
    ├── StoreError            the c′ store cannot be read or written
    ├── ModelError            a model cannot be found, pulled or checked
    └── EngineError           the engine cannot answer
        ├── EngineUnavailable no engine is configured, installed or reachable
        ├── ModelLoadError    the model cannot be loaded
        ├── ContextOverflow   the prompt does not fit into the model's context
        └── Cancelled         the caller cancelled, or went away

Each message is one sentence for people: what happened, why, and what to do.
"""


class ForethoughtError(Exception):
    """Base of every error that is shown to people as one line."""


class UsageError(ForethoughtError):
    """The request itself is wrong: an unknown name, a path outside the root, a bad value."""


class ConfigError(ForethoughtError):
    """A settings file cannot be read."""


class RootError(ForethoughtError):
    """The folder cannot be served: it is missing, not a folder, or the home or root folder."""


class IndexingError(ForethoughtError):
    """The index cannot be built or read."""


class StoreError(ForethoughtError):
    """The c′ store cannot be read or written."""


class ModelError(ForethoughtError):
    """A model cannot be found, pulled or checked."""


class EngineError(ForethoughtError):
    """The engine cannot answer."""


class EngineUnavailable(EngineError):
    """No engine is configured, installed or reachable."""


class ModelLoadError(EngineError):
    """The model cannot be loaded: missing, truncated, not GGUF, too big, or it aborts the process."""


class ContextOverflow(EngineError):
    """The prompt does not fit into the model's context."""


class Cancelled(EngineError):
    """The caller cancelled the request, or went away."""
