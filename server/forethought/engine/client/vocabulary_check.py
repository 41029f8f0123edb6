"""Checks that llama.cpp can load a model's vocabulary, in a process of its own: a damaged file may abort it."""

import importlib.util
import subprocess
from pathlib import Path
from typing import Final

from forethought.engine.client.launcher import own_python
from forethought.errors import ModelLoadError

_SECONDS: Final = 60.0
"""Loading takes about a second."""


def check_vocabulary(path: Path) -> bool:
    """Load the vocabulary and tokenize a prompt; False when llama.cpp is not installed, so nothing was checked.

    Raises ModelLoadError: llama.cpp refuses the file, crashes, or does not finish.
    """
    if importlib.util.find_spec("llama_cpp") is None:
        return False
    command, environment = own_python("forethought.engine.host.llama.vocabulary_probe", str(path.absolute()))
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=path.anchor or None,
            env=environment,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelLoadError(
            f"Loading the vocabulary of {path} takes more than {_SECONDS:.0f} s; choose another model."
        ) from error
    if done.returncode == 1 and done.stdout:
        raise ModelLoadError(done.stdout.decode("utf-8", "replace"))
    if done.returncode != 0:
        raise ModelLoadError(f"The model {path} crashes llama.cpp when its vocabulary is loaded; choose another model.")
    return True
