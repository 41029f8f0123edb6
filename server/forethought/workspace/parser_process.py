"""Reads tags off files in processes of their own: py-tree-sitter holds the GIL while it parses.

A worker is this module run as a program: requests come on its standard input, answers go to its standard output, and
it ends when its input does, so it never outlives the process that started it. Both sides exchange frames
(`forethought.text.frames`): a request is a language's name and a file's text, an answer is a JSON header and a blob of
encoded tags.
"""

import gc
import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from forethought.errors import IndexingError
from forethought.store.tags_encoding import EncodedTags, encode
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.text.frames import read_frame, write_frame

SLOWEST_FILE_SECONDS = 20.0
_FILES_BETWEEN_COLLECTIONS = 200


class ParserWorker:
    """One worker process, started when first used and again after it was lost. Not thread-safe: one per thread."""

    def __init__(self, language_folders: Sequence[Path] = (), seconds_per_file: float = SLOWEST_FILE_SECONDS) -> None:
        self._folders = [str(folder) for folder in language_folders]
        self._seconds = seconds_per_file
        self._process: subprocess.Popen[bytes] | None = None

    def encoded_tags(self, language: str, source: bytes) -> EncodedTags:
        """The tags of one text. Raises IndexingError when it takes too long, or crashes the worker, or is not read."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(self._seconds, process.kill)
        timer.daemon = True
        timer.start()
        try:
            write_frame(process.stdin, language.encode())
            write_frame(process.stdin, source)
            process.stdin.flush()
            header = read_frame(process.stdout)
            outline = read_frame(process.stdout)
        except (OSError, EOFError) as error:
            too_long = not timer.is_alive()
            self.close()
            raise IndexingError("parsing took too long" if too_long else "the parser crashed") from error
        finally:
            timer.cancel()
        answer = json.loads(header)
        if "failure" in answer:
            raise IndexingError(answer["failure"])
        return EncodedTags.from_parts(answer, outline)

    def close(self) -> None:
        """End the process now."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            # -P: a module of the folder we happen to stand in is never imported.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "forethought.workspace.parser_process", *self._folders],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process


def main(arguments: Sequence[str], requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    languages = load_languages([Path(folder) for folder in arguments])
    gc.disable()  # tags hold no cycles, and looking for some took a quarter of the time
    for number in itertools.count(1):
        if number % _FILES_BETWEEN_COLLECTIONS == 0:
            gc.collect()
        try:
            name, source = read_frame(requests).decode(), read_frame(requests)
        except EOFError:
            return
        language = languages.named(name)
        header: dict[str, object]
        outline = b""
        if language is None:
            header = {"failure": f"the language “{name}” cannot be loaded"}
        else:
            try:
                header, outline = encode(read_tags(language, source)).parts()
            except Exception as error:  # noqa: BLE001 - whatever one file does must cost that file only
                header = {"failure": f"it cannot be read ({type(error).__name__})"}
        write_frame(answers, json.dumps(header).encode())
        write_frame(answers, outline)
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer)
