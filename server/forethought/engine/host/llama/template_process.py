"""Renders one conversation with a model's chat template, which is a stranger's program, within limits.

    python -m forethought.engine.host.llama.template_process LIMITS

`LIMITS` is a JSON object: `seconds` of CPU time, `bytes` of memory, and `characters` of the result. Reads
{"template": …, "bos": …, "eos": …, "messages": […]}. Prints {"text": …}, or {"error": …} when the template refuses the
conversation; dies when it exceeds a limit.
"""

import json
import sys
from datetime import datetime
from typing import Any

import jinja2.ext
from jinja2 import nodes
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment


class GenerationTag(jinja2.ext.Extension):
    """Ignores the tag {% generation %}, with which Hugging Face's templates mark the assistant's text."""

    tags = {"generation"}  # noqa: RUF012  jinja's own class variable

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def main(arguments: list[str]) -> int:
    limits = json.loads(arguments[0])
    request = json.load(sys.stdin)
    _limit_process(limits["seconds"], limits["bytes"])
    try:
        text = _render(request)
        reply = {"text": text} if len(text) <= limits["characters"] else {"error": "its text is too long"}
    except Exception as error:  # noqa: BLE001  a template may raise anything
        reply = {"error": type(error).__name__}
    json.dump(reply, sys.stdout)
    return 0


def _limit_process(seconds: int, memory: int) -> None:
    """Let the system end this process; where it cannot, as on Windows, only the caller limits the time."""
    try:
        import resource
    except ImportError:
        return
    for kind, limit in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):  # macOS does not limit memory; a lower limit may be set already
            continue


def _render(request: dict[str, Any]) -> str:
    """As llama-cpp-python and Transformers do. Raises anything."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[GenerationTag, jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    return environment.from_string(request["template"]).render(
        messages=request["messages"],
        bos_token=request["bos"],
        eos_token=request["eos"],
        add_generation_prompt=True,
        raise_exception=_refuse,
        strftime_now=lambda form: datetime.now().strftime(form),
        functions=None,
        function_call=None,
        tools=None,
        tool_choice=None,
    )


def _to_json(value: Any, **options: Any) -> str:
    return json.dumps(value, **{"ensure_ascii": False, **options})


def _refuse(message: str) -> None:
    raise ValueError(message)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
