"""Loads the vocabulary of a model file: whatever is wrong with the file, only this process dies of it.

    python -m forethought.engine.host.llama.vocabulary_probe PATH

Prints one sentence and exits with 1 if the file cannot be used.
"""

import sys
from pathlib import Path

from forethought.engine.api import Message, Prompt
from forethought.engine.host.llama.native_log import NativeLog
from forethought.engine.host.llama.vocabulary import Vocabulary
from forethought.engine.models.gguf import read_model_file
from forethought.errors import EngineError

_PROMPT = Prompt((Message("system", "Answer in one sentence."), Message("user", "What is this?")))


def main(arguments: list[str]) -> int:
    try:
        vocabulary = Vocabulary(read_model_file(Path(arguments[0])), NativeLog())
        for token in vocabulary.encode(_PROMPT):
            vocabulary.token_bytes(token)
    except EngineError as error:
        sys.stdout.write(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
