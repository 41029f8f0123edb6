"""The folders and files on this machine that belong to Forethought. Nothing is created here."""

import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import platformdirs

_NAME = "forethought"


def default_cache_folder() -> Path:
    """Insights, indexes and logs, unless `cache.directory` names another folder."""
    return Path(platformdirs.user_cache_dir(_NAME))


def default_config_folder() -> Path:
    """The folder of the user's settings file, unless FORETHOUGHT_CONFIG names the file."""
    return Path(platformdirs.user_config_dir(_NAME))


def user_config_file(environment: Mapping[str, str]) -> Path:
    """The user's settings file."""
    if configured := environment.get("FORETHOUGHT_CONFIG"):
        return Path(configured)
    return default_config_folder() / "forethought.toml"


def user_grammar_folder(environment: Mapping[str, str]) -> Path:
    """The user's own languages: `languages.toml` and a folder per language."""
    return user_config_file(environment).parent / "grammars"


def runtime_folder(environment: Mapping[str, str] | None = None) -> Path:
    """The engine host's socket, lock and log. The environment defaults to that of this process."""
    environment = os.environ if environment is None else environment
    if configured := environment.get("FORETHOUGHT_RUNTIME_DIR"):
        return Path(configured)
    if sys.platform in ("win32", "darwin"):
        return Path(platformdirs.user_runtime_dir(_NAME))
    # Not platformdirs': it raises when someone else has made its fallback in the temporary folder.
    for base in (environment.get("XDG_RUNTIME_DIR"), f"/run/user/{os.getuid()}"):
        if base and _is_own_folder(Path(base)):
            return Path(base) / _NAME
    return short_socket_folder()


def short_socket_folder() -> Path:
    """The engine host's socket, if its path in the runtime folder would exceed the limit of about 100 bytes.

    Another user can make this folder first, so `RuntimeDir` checks whose it is.
    """
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"{_NAME}-{user}"


def data_folder() -> Path:
    """Models and the user's choice among them: data and not cache, because downloading them again is expensive."""
    return Path(platformdirs.user_data_dir(_NAME))


def model_folder() -> Path:
    """GGUF files that `forethought model pull` downloaded."""
    return data_folder() / "models"


def _is_own_folder(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return path.is_absolute() and stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
