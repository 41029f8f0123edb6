"""Settings: what each one means, and how the sources are merged.

Later sources win: defaults < the user's file < the repository's `forethought.toml` (safe keys only) < environment
< editor settings < command-line flags.
"""

import os
import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from forethought.errors import ConfigError
from forethought.folders import default_cache_folder, user_config_file
from forethought.toml_files import read_toml

HoverContent = Literal["auto", "full", "insights"]
EngineKind = Literal["auto", "llama", "openai", "none"]
SleepScope = Literal["auto", "open", "all", "off"]
NavigationMode = Literal["auto", "on", "off"]
SettingScope = Literal["repository", "user"]
"""`repository`: also allowed in a repository's own `forethought.toml`. `user`: ignored there, because it names a model,
an endpoint, a folder or a program, or says how this machine is used."""

REPOSITORY_FILE = "forethought.toml"
"""The name of a repository's settings file, in its root folder."""

_MAX_WARNINGS = 20
"""Per source: someone has to read them."""
_MAX_KEY_DOTS = 3
"""Objects nested more deeply are not settings."""
_MAX_SHOWN_CHARS = 80


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """What is known about a setting besides its value: for checking, for the documentation and for editors."""

    key: str
    """In the section `forethought`: `hover.content`."""
    description: str
    """One sentence."""
    scope: SettingScope = "user"
    range: tuple[float, float] | None = None
    """The smallest and the largest number allowed."""
    choices: Mapping[str, str] | None = None
    """The allowed texts and what each of them means."""


def _about(
    key: str,
    description: str,
    *,
    scope: SettingScope = "user",
    range: tuple[float, float] | None = None,
    choices: Mapping[str, str] | None = None,
) -> Mapping[str, SettingInfo]:
    """Return the metadata of a field of `Settings`."""
    return {"info": SettingInfo(key, description, scope, range, choices)}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the section `forethought`. `setting_infos()` describes each of them."""

    hover_enabled: bool = field(
        default=True, metadata=_about("hover.enabled", "Show Forethought's hovers.", scope="repository")
    )
    hover_content: HoverContent = field(
        default="auto",
        metadata=_about(
            "hover.content",
            "What a hover shows.",
            scope="repository",
            choices={
                "auto": "Insights, behavior and facts; the signature and docs only if there are no insights.",
                "full": "Insights, behavior, facts, the signature and docs.",
                "insights": "Insights only.",
            },
        ),
    )
    chat_verbosity: int = field(
        default=1,
        metadata=_about(
            "chat.verbosity",
            "Maximum length of an answer, from 0 to 4: 40, 80, 160, 320 or 640 tokens.",
            scope="repository",
            range=(0, 4),
        ),
    )
    engine: EngineKind = field(
        default="auto",
        metadata=_about(
            "engine",
            "What runs the model.",
            choices={
                "auto": "The endpoint if one is set, else a local model if one is installed, else facts only.",
                "llama": "llama.cpp on this machine.",
                "openai": "The OpenAI-compatible endpoint at `openai.baseUrl`.",
                "none": "Facts only, without a model.",
            },
        ),
    )
    model_name: str | None = field(
        default=None,
        metadata=_about(
            "model.name",
            "Name of the model, as listed by `forethought model list`; if unset, the best installed model is used.",
        ),
    )
    model_path: str | None = field(
        default=None, metadata=_about("model.path", "Path of a GGUF file to use instead of a named model.")
    )
    model_context_length: int = field(
        default=4096,
        metadata=_about("model.contextLength", "Context length of the model, in tokens.", range=(512, 131072)),
    )
    model_gpu_layers: int = field(
        default=-1,
        metadata=_about(
            "model.gpuLayers", "Number of layers to run on the GPU; -1 for as many as fit.", range=(-1, 1000)
        ),
    )
    model_threads: int = field(
        default=0,
        metadata=_about(
            "model.threads", "Number of engine threads; 0 to choose by how many cores are free.", range=(0, 256)
        ),
    )
    sleep_model: str | None = field(
        default=None,
        metadata=_about("sleep.model", "Model for sleep-time passes; if unset, the model that answers questions."),
    )
    openai_base_url: str | None = field(
        default=None,
        metadata=_about(
            "openai.baseUrl",
            "Base URL of an OpenAI-compatible endpoint, which your code is sent to, so use only one that you trust.",
        ),
    )
    openai_model: str | None = field(
        default=None, metadata=_about("openai.model", "Name of the model at that endpoint.")
    )
    idle_delay_seconds: float = field(
        default=5.0,
        metadata=_about(
            "idle.delaySeconds",
            "Seconds without an edit, hover or question in any window before thinking starts.",
            range=(0, 3600),
        ),
    )
    idle_on_battery: bool = field(
        default=False, metadata=_about("idle.onBattery", "Also think while running on battery.")
    )
    idle_unload_minutes: float = field(
        default=10.0,
        metadata=_about(
            "idle.unloadMinutes",
            "Minutes without use after which the model is unloaded from memory.",
            range=(0, 100000),
        ),
    )
    idle_daily_minutes: float = field(
        default=60.0,
        metadata=_about(
            "idle.dailyMinutes",
            "Maximum minutes of thinking per day, a quarter of which is reserved for symbols that changed that day.",
            range=(0, 1440),
        ),
    )
    sleep_scope: SleepScope = field(
        default="auto",
        metadata=_about(
            "sleep.scope",
            "What is thought about without being asked.",
            scope="repository",
            choices={
                "auto": "Open files, recently committed files and the most-called symbols.",
                "open": "Open files.",
                "all": "Every eligible file.",
                "off": "Nothing.",
            },
        ),
    )
    sleep_rounds: int = field(
        default=1,
        metadata=_about(
            "sleep.rounds",
            "Rounds of thinking: 0 only writes notes, 1 also predicts questions, more let the model analyze the code.",
            range=(0, 10),
        ),
    )
    sleep_candidates: int = field(
        default=1,
        metadata=_about(
            "sleep.candidates", "Number of samples of each note that a sleep-time pass chooses from.", range=(1, 10)
        ),
    )
    sleep_max_tokens_per_file: int = field(
        default=200_000,
        metadata=_about(
            "sleep.maxTokensPerFile",
            "Maximum number of tokens to spend on thinking about one file.",
            scope="repository",
            range=(0, 100_000_000),
        ),
    )
    navigation: NavigationMode = field(
        default="auto",
        metadata=_about(
            "navigation",
            "Where Forethought answers requests that other language servers answer, too: definitions, references, "
            "highlights, hierarchies and code lenses.",
            choices={
                "auto": "In languages for which the editor is known to have no other server.",
                "on": "In every language.",
                "off": "Nowhere.",
            },
        ),
    )
    cache_directory: str | None = field(
        default=None,
        metadata=_about("cache.directory", "Folder for insights and indexes; if unset, the system's cache folder."),
    )
    cache_size_limit: int = field(
        default=2_000_000_000,
        metadata=_about("cache.sizeLimit", "Maximum size of everything stored, in bytes.", range=(1_000_000, 10**15)),
    )
    exclude: tuple[str, ...] = field(
        default=(), metadata=_about("exclude", "Patterns of files to ignore, as in `.gitignore`.", scope="repository")
    )
    questions_log: bool = field(
        default=True,
        metadata=_about(
            "questions.log", "Keep a log of your questions, on this machine only, to predict the next ones."
        ),
    )

    @property
    def cache_folder(self) -> Path:
        return Path(self.cache_directory).expanduser() if self.cache_directory else default_cache_folder()


def setting_infos() -> dict[str, SettingInfo]:
    """Return the description of each setting by the name of its field in `Settings`."""
    return {item.name: _info(item) for item in fields(Settings)}


def _info(item: "Field[Any]") -> SettingInfo:
    info: SettingInfo = item.metadata["info"]
    return info


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    settings: Settings
    warnings: tuple[str, ...]
    """One sentence for each value that was ignored, with the reason."""
    of_root: Callable[[Path], "LoadedSettings"]
    """Adds the `forethought.toml` of a root; the warnings are only those about that file. Reads the disk."""


def load_settings(
    root: Path | None,
    environment: Mapping[str, str] | None = None,
    editor: Mapping[str, Any] | None = None,
    flags: Mapping[str, Any] | None = None,
    *,
    with_user_file: bool = True,
) -> LoadedSettings:
    """Merge all sources. `root` is the folder whose `forethought.toml` applies.

    `editor` and `flags` are settings objects, nested or with dotted keys. A bad value is ignored and reported in
    `warnings`. Raises ConfigError when the user's own file cannot be read; `with_user_file=False` leaves it out.
    """
    environment = os.environ if environment is None else environment
    warnings: list[str] = []
    settings = Settings()
    user_file = user_config_file(environment)
    if with_user_file and user_file.is_file():
        settings = _merge(settings, _read_toml(user_file), str(user_file), warnings)
    elif with_user_file and "FORETHOUGHT_CONFIG" in environment:
        warnings.append(f"{user_file} (FORETHOUGHT_CONFIG) does not exist; using the defaults.")
    if root is not None:
        settings = _merge_repository(settings, root / REPOSITORY_FILE, warnings)
    settings = _merge(settings, _from_environment(environment), "The environment", warnings)
    settings = _merge(settings, editor or {}, "The editor", warnings)
    settings = _merge(settings, flags or {}, "The command line", warnings)

    def of_root(other: Path) -> LoadedSettings:
        loaded = load_settings(other, environment, editor, flags, with_user_file=with_user_file)
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
    source = f"The repository's {REPOSITORY_FILE} ({file.parent})"
    return _merge(settings, values, source, warnings, from_repository=True)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not a readable settings file ({error}); fix or delete it.") from error


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
    settings: Settings, values: Mapping[str, Any], source: str, warnings: list[str], *, from_repository: bool = False
) -> Settings:
    by_key = {_info(item).key: item for item in fields(Settings)}
    changes: dict[str, Any] = {}
    ignored: list[str] = []
    for key, value in _flatten(values, by_key).items():
        item = by_key.get(key)
        if item is None:
            ignored.append(f"{source} sets `{_shortened(key)}`, which is not a Forethought setting; ignored.")
        elif from_repository and _info(item).scope != "repository":
            ignored.append(
                f"{source} sets `{key}`, which a repository may not set; ignored. Set it in your own settings instead."
            )
        elif value is None:
            continue
        else:
            try:
                changes[item.name] = _checked(value, item)
            except ValueError as error:
                ignored.append(f"{source} sets `{key}` to {_shown(value)}, but it {error}; ignored.")
    warnings += ignored[:_MAX_WARNINGS]
    if len(ignored) > _MAX_WARNINGS:
        warnings.append(f"{source} sets {len(ignored) - _MAX_WARNINGS} more values that are ignored.")
    if "model_path" in changes and "model_name" not in changes:
        changes["model_name"] = None
    if "model_name" in changes and "model_path" not in changes:
        changes["model_path"] = None
    return replace(settings, **changes)


def _flatten(values: Mapping[str, Any], known: Iterable[str], prefix: str = "") -> dict[str, Any]:
    """Turn nested objects into dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, Mapping) and dotted not in known and dotted.count(".") < _MAX_KEY_DOTS:
            flat.update(_flatten(value, known, f"{dotted}."))
        else:
            flat[dotted] = value
    return flat


def _shown(value: Any) -> str:
    limited = reprlib.Repr()
    limited.maxstring = limited.maxother = _MAX_SHOWN_CHARS
    return limited.repr(value)


def _shortened(key: str) -> str:
    return key if len(key) <= _MAX_SHOWN_CHARS else f"{key[:_MAX_SHOWN_CHARS]}…"


def _checked(value: Any, item: "Field[Any]") -> Any:
    """Return the value in the type of the setting. Raises ValueError with what follows “it”."""
    info, default = _info(item), item.default
    if info.choices is not None:
        if not isinstance(value, str) or value not in info.choices:
            raise ValueError(f"must be one of {', '.join(info.choices)}")
        return value
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value
    if isinstance(default, tuple):
        if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
            raise ValueError("must be a list of strings")
        return tuple(value)
    if isinstance(default, int | float):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("must be a number")
        if info.range is not None and not info.range[0] <= value <= info.range[1]:
            raise ValueError(f"must be between {info.range[0]} and {info.range[1]}")
        return type(default)(value)
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value or None
