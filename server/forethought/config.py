"""Settings and the folders we use.

Order: defaults < user config < the repository's `forethought.toml` (safe keys only) < environment
< editor settings < flags.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs

from forethought.errors import ConfigError

HoverContent = Literal["auto", "full", "insights"]
EngineKind = Literal["auto", "llama", "openai", "none"]
SleepScope = Literal["auto", "open", "all", "off"]

REPOSITORY_KEYS = frozenset(
    {"exclude", "hover.content", "hover.enabled", "chat.verbosity", "sleep.scope", "sleep.maxTokensPerFile"}
)
"""What a repository's own config may set: nothing that names a model, an endpoint, a cache or a program."""


REPOSITORY_FILE = "forethought.toml"
"""In a root's own folder."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the section `forethought`. A field's metadata holds its key as people write it."""

    hover_enabled: bool = field(default=True, metadata={"key": "hover.enabled"})
    hover_content: HoverContent = field(default="auto", metadata={"key": "hover.content"})
    chat_verbosity: int = field(default=1, metadata={"key": "chat.verbosity", "range": (0, 4)})
    engine: EngineKind = field(default="auto", metadata={"key": "engine"})
    model_name: str | None = field(default=None, metadata={"key": "model.name"})
    model_path: str | None = field(default=None, metadata={"key": "model.path"})
    model_context_length: int = field(default=4096, metadata={"key": "model.contextLength", "range": (512, 131072)})
    model_gpu_layers: int = field(default=-1, metadata={"key": "model.gpuLayers", "range": (-1, 1000)})
    model_threads: int = field(default=0, metadata={"key": "model.threads", "range": (0, 256)})
    sleep_model: str | None = field(default=None, metadata={"key": "sleep.model"})
    openai_base_url: str | None = field(default=None, metadata={"key": "openai.baseUrl"})
    openai_model: str | None = field(default=None, metadata={"key": "openai.model"})
    idle_delay_seconds: float = field(default=5.0, metadata={"key": "idle.delaySeconds", "range": (0, 3600)})
    idle_on_battery: bool = field(default=False, metadata={"key": "idle.onBattery"})
    idle_unload_minutes: float = field(default=10.0, metadata={"key": "idle.unloadMinutes", "range": (0, 100000)})
    idle_daily_minutes: float = field(default=60.0, metadata={"key": "idle.dailyMinutes", "range": (0, 1440)})
    sleep_scope: SleepScope = field(default="auto", metadata={"key": "sleep.scope"})
    sleep_rounds: int = field(default=1, metadata={"key": "sleep.rounds", "range": (0, 10)})
    sleep_candidates: int = field(default=1, metadata={"key": "sleep.candidates", "range": (1, 10)})
    sleep_max_tokens_per_file: int = field(
        default=200_000, metadata={"key": "sleep.maxTokensPerFile", "range": (0, 100_000_000)}
    )
    cache_directory: str | None = field(default=None, metadata={"key": "cache.directory"})
    cache_size_limit: int = field(
        default=2_000_000_000, metadata={"key": "cache.sizeLimit", "range": (1_000_000, 10**15)}
    )
    exclude: tuple[str, ...] = field(default=(), metadata={"key": "exclude"})
    questions_log: bool = field(default=True, metadata={"key": "questions.log"})

    @property
    def cache_folder(self) -> Path:
        return (
            Path(self.cache_directory).expanduser()
            if self.cache_directory
            else Path(platformdirs.user_cache_dir("forethought"))
        )


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    settings: Settings
    warnings: tuple[str, ...]
    """One sentence for each value that was not taken, and why."""
    of_root: Callable[[Path], "LoadedSettings"]
    """The same with one root's own `forethought.toml`; its warnings are those of that file alone. Reads the disk."""


def load_settings(
    root: Path | None,
    environment: Mapping[str, str] | None = None,
    editor: Mapping[str, Any] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> LoadedSettings:
    """Merge every source in order; `root` is the one whose `forethought.toml` counts.

    `editor` and `flags` are settings objects, nested or with dotted keys. A bad value is left out and named in
    `warnings`. Raises ConfigError when the user's own file cannot be read.
    """
    environment = os.environ if environment is None else environment
    warnings: list[str] = []
    settings = Settings()
    user_file = user_config_file(environment)
    if user_file.is_file():
        settings = _merge(settings, _read_toml(user_file), str(user_file), None, warnings)
    elif "FORETHOUGHT_CONFIG" in environment:
        warnings.append(f"{user_file} (FORETHOUGHT_CONFIG) does not exist; the defaults are used.")
    if root is not None:
        settings = _merge_repository(settings, root / REPOSITORY_FILE, warnings)
    settings = _merge(settings, _from_environment(environment), "The environment", None, warnings)
    settings = _merge(settings, editor or {}, "The editor", None, warnings)
    settings = _merge(settings, flags or {}, "The command line", None, warnings)

    def of_root(other: Path) -> LoadedSettings:
        loaded = load_settings(other, environment, editor, flags)
        return replace(loaded, warnings=tuple(warning for warning in loaded.warnings if warning not in general))

    general = frozenset(warnings)
    return LoadedSettings(settings, tuple(warnings), of_root)


def _merge_repository(settings: Settings, file: Path, warnings: list[str]) -> Settings:
    if not file.is_file() or file.is_symlink():
        return settings
    try:
        values = _read_toml(file)
    except ConfigError as error:
        warnings.append(str(error))
        return settings
    return _merge(settings, values, f"The repository's {REPOSITORY_FILE} ({file.parent})", REPOSITORY_KEYS, warnings)


def user_config_file(environment: Mapping[str, str]) -> Path:
    if configured := environment.get("FORETHOUGHT_CONFIG"):
        return Path(configured)
    return Path(platformdirs.user_config_dir("forethought")) / "forethought.toml"


def runtime_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where the engine host keeps its socket, lock and log. Not created here."""
    environment = os.environ if environment is None else environment
    if configured := environment.get("FORETHOUGHT_RUNTIME_DIR"):
        return Path(configured)
    return Path(platformdirs.user_runtime_dir("forethought"))


def model_folder() -> Path:
    """Where `model pull` puts GGUF files: data, not cache, since pulling one again is expensive."""
    return Path(platformdirs.user_data_dir("forethought")) / "models"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as settings ({error}); mend or remove it.") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if cache := environment.get("FORETHOUGHT_CACHE_DIR"):
        values["cache.directory"] = cache
    if engine := environment.get("FORETHOUGHT_ENGINE"):
        values["engine"] = engine
    if model := environment.get("FORETHOUGHT_MODEL"):
        values["model.path" if _looks_like_path(model) else "model.name"] = model
    return values


def _looks_like_path(model: str) -> bool:
    return "/" in model or "\\" in model or model.endswith(".gguf")


def _merge(
    settings: Settings, values: Mapping[str, Any], source: str, allowed: frozenset[str] | None, warnings: list[str]
) -> Settings:
    by_key = {item.metadata["key"]: item for item in fields(Settings)}
    changes: dict[str, Any] = {}
    for key, value in _flatten(values, by_key.keys()).items():
        item = by_key.get(key)
        if item is None:
            warnings.append(f"{source} sets `{key}`, which is not a setting of Forethought; it is ignored.")
        elif allowed is not None and key not in allowed:
            warnings.append(
                f"{source} sets `{key}`, which a repository may not choose; it is ignored. Set it in your own settings."
            )
        elif value is None:
            continue
        else:
            try:
                changes[item.name] = _checked(value, getattr(Settings(), item.name), item.type, item.metadata)
            except ValueError as error:
                warnings.append(f"{source} sets `{key}` to {value!r}: {error}; it is ignored.")
    if "model_path" in changes and "model_name" not in changes:
        changes["model_name"] = None
    if "model_name" in changes and "model_path" not in changes:
        changes["model_path"] = None
    return replace(settings, **changes)


def _flatten(values: Mapping[str, Any], known: Any, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, Mapping) and dotted not in known:
            flat.update(_flatten(value, known, f"{dotted}."))
        else:
            flat[dotted] = value
    return flat


def _checked(value: Any, default: Any, annotation: Any, metadata: Mapping[str, Any]) -> Any:
    if choices := get_args(annotation) if get_args(annotation) and isinstance(default, str) else None:
        if value not in choices:
            raise ValueError(f"it must be one of {', '.join(choices)}")
        return value
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError("it must be true or false")
        return value
    if isinstance(default, tuple):
        if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
            raise ValueError("it must be a list of texts")
        return tuple(value)
    if isinstance(default, int | float):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("it must be a number")
        low, high = metadata["range"]
        if not low <= value <= high:
            raise ValueError(f"it must be between {low} and {high}")
        return type(default)(value)
    if not isinstance(value, str):
        raise ValueError("it must be a text")
    return value or None
