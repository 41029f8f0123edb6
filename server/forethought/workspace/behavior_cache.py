"""What the functions of recently read files do, by the text of each file."""

import threading
from collections import OrderedDict

from forethought.facts.symbol_behavior import FileBehaviors
from forethought.syntax.languages import Languages
from forethought.syntax.tags import FileTags

MAX_FILES = 16
"""Syntax trees that are kept. Each is several times as large as its text."""


class BehaviorCache:
    """Reads what functions do, parsing each text once. Safe from any thread."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages
        self._lock = threading.Lock()
        self._files: OrderedDict[str, tuple[bytes, FileBehaviors]] = OrderedDict()

    def get(self, path: str, data: bytes, tags: FileTags) -> FileBehaviors | None:
        """What the functions of a file with this text do; None if its language is unknown. `tags` must be its tags."""
        with self._lock:
            known = self._files.get(path)
        if known is not None and known[0] == data:
            return known[1]
        language = self._languages.named(tags.language)
        if language is None:
            return None
        behaviors = FileBehaviors(language, data, tags)
        with self._lock:
            self._files[path] = (data, behaviors)
            self._files.move_to_end(path)
            while len(self._files) > MAX_FILES:
                self._files.popitem(last=False)
        return behaviors
