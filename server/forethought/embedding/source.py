"""Where the embedder of a process comes from: loaded by whoever needs it first, or missing for a reason."""

import importlib.util
import threading
from pathlib import Path

from forethought.embedding import minilm_file
from forethought.embedding.embedder import Embedder
from forethought.embedding.minilm import MiniLM
from forethought.errors import ModelError

PACKAGES = ("onnxruntime", "tokenizers", "numpy")
"""What the extra `semantic` installs."""


def missing_part(model_folder: Path) -> tuple[str, str] | None:
    """What search by meaning lacks, and how to get it; None if it is all there. Instant: nothing is loaded."""
    if any(importlib.util.find_spec(package) is None for package in PACKAGES):
        return "ONNX Runtime and tokenizers are not installed", "Run `pip install onnxruntime tokenizers numpy`."
    if not minilm_file.is_installed(model_folder):
        return "its model is not installed", f"Run `forethought model pull {minilm_file.NAME}`."
    return None


class EmbedderSource:
    """Safe from any thread."""

    def __init__(self, model_folder: Path, embedder: Embedder | None = None) -> None:
        """`embedder` is used in place of the installed model."""
        self._model_folder = model_folder
        self._embedder = embedder
        self._loading = threading.Lock()
        self.problem: str | None = None
        """Why the installed model cannot be used, in a sentence; None if it can, or if there is none."""

    @property
    def available(self) -> bool:
        """Whether there is one, as far as can be told without loading it. Instant."""
        return self._embedder is not None or (self.problem is None and missing_part(self._model_folder) is None)

    def get(self) -> Embedder | None:
        """Load it the first time, which takes a few tenths of a second. None if there is none, or it is damaged."""
        with self._loading:
            if self._embedder is None and self.available:
                try:
                    self._embedder = MiniLM(minilm_file.file_in(self._model_folder))
                except ModelError as error:
                    self.problem = f"Search goes by words only: {error}"
                except Exception as error:  # noqa: BLE001 -- whatever ONNX Runtime raises: words have to do
                    self.problem = (
                        f"Search goes by words only: its model does not load ({type(error).__name__}: {error})."
                    )
            return self._embedder
