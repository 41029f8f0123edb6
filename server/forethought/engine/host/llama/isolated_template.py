"""A model's chat template, rendered in a process of its own: it may loop without end or fill the memory."""

import json
import subprocess
import sys
import threading
from datetime import date
from typing import Final

from forethought.engine.client.launcher import own_python

_SECONDS: Final = 10.0
"""Rendering takes 0.2 s, nearly all of it to start Python; a busy machine may take ten times as long."""
_CPU_SECONDS: Final = 5
_MEMORY_BYTES: Final = 1 << 30
_MAX_CHARS: Final = 1_000_000


class TemplateError(Exception):
    """The template cannot render a conversation."""


class IsolatedTemplate:
    """Renders conversations. Each is rendered once a day, as some templates tell the model the date."""

    def __init__(self, source: str, bos: str, eos: str) -> None:
        self._source = source
        self._bos = bos
        self._eos = eos
        self._rendered: dict[tuple[date, str], str | None] = {}
        """None: refused."""
        self._broken = False
        self._lock = threading.Lock()

    def __call__(self, messages: list[dict[str, str]]) -> str:
        """Render the conversation. Raises TemplateError; at once, after a template exceeded its limits. Thread-safe."""
        key = date.today(), json.dumps(messages)
        with self._lock:
            if key not in self._rendered:
                if self._broken:
                    raise TemplateError
                self._rendered = {known: text for known, text in self._rendered.items() if known[0] == key[0]}
                self._rendered[key] = self._render(messages)
            text = self._rendered[key]
        if text is None:
            raise TemplateError
        return text

    def _render(self, messages: list[dict[str, str]]) -> str | None:
        """None when the template refuses. Raises TemplateError when the process died or took too long."""
        limits = {"seconds": _CPU_SECONDS, "bytes": _MEMORY_BYTES, "characters": _MAX_CHARS}
        request = {"template": self._source, "bos": self._bos, "eos": self._eos, "messages": messages}
        command, environment = own_python("forethought.engine.host.llama.template_process", json.dumps(limits))
        try:
            done = subprocess.run(
                command,
                input=json.dumps(request).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                timeout=_SECONDS,
                check=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            reply = json.loads(done.stdout)
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            self._broken = True
            sys.stderr.write(
                f"The model's chat template exceeds its limits ({type(error).__name__}); using a default one.\n"
            )
            raise TemplateError from error
        text = reply.get("text")
        return text if isinstance(text, str) else None
