"""A chat template is a stranger's program: whatever it does, the host goes on with a default one."""

import json
import time
from datetime import date, timedelta

import pytest

from forethought.engine.host.llama import isolated_template
from forethought.engine.host.llama.isolated_template import IsolatedTemplate, TemplateError

pytestmark = pytest.mark.slow

pytest.importorskip("jinja2")

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MESSAGES = [{"role": "user", "content": "Hi"}]

REFUSED = {
    "escape": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals": "{{ raise_exception.__globals__['sys'] }}",
    "include": "{% include '/etc/passwd' %}",
    "range": "{% for a in range(10 ** 9) %}x{% endfor %}",
    "recursion": "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "memory": "{% set x = 'a' * 150000000 %}{{ x * 10 }}",
    "long text": "{{ 'a' * 2000000 }}",
    "syntax": "{% for m in %}",
    "deep": "{{" + "(" * 5000 + "1" + ")" * 5000 + "}}",
    "refusal": "{{ raise_exception('no') }}",
}
ENDLESS = {
    "loop": "{% for i in range(99999) %}{% for j in range(99999) %}{% if j < 0 %}x{% endif %}{% endfor %}{% endfor %}",
    "power": "{{ 9 ** (9 ** 9) }}",
}


def test_a_template_is_rendered_as_transformers_does() -> None:
    source = (
        CHATML
        + "{% generation %}{{ bos_token }}{{ {'ä': 1}|tojson }}{% endgeneration %}{{ strftime_now('%Y')|length }}"
    )
    text = IsolatedTemplate(source, "<s>", "</s>")(MESSAGES)
    assert text == '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<s>{"ä": 1}4'


@pytest.mark.parametrize("name", REFUSED)
def test_a_template_that_cannot_be_rendered_is_refused(name: str) -> None:
    template = IsolatedTemplate(CHATML + REFUSED[name], "", "")
    with pytest.raises(TemplateError):
        template(MESSAGES)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_template_without_end_is_stopped_and_not_tried_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated_template, "_CPU_SECONDS", 1)
    template = IsolatedTemplate(CHATML + ENDLESS[name], "", "")
    started = time.monotonic()
    with pytest.raises(TemplateError):
        template(MESSAGES)
    assert time.monotonic() - started < isolated_template._SECONDS + 5
    started = time.monotonic()
    for content in ("Hi", "Ho"):
        with pytest.raises(TemplateError):
            template([{"role": "user", "content": content}])
    assert time.monotonic() - started < 0.1


def test_the_caller_stops_what_the_system_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated_template, "_SECONDS", 0.01)
    with pytest.raises(TemplateError):
        IsolatedTemplate(CHATML, "", "")(MESSAGES)


def test_each_conversation_is_rendered_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []

    class Today(date):
        days = 0

        @classmethod
        def today(cls) -> date:
            return date(2026, 11, 28) + timedelta(days=cls.days)

    template = IsolatedTemplate(CHATML, "", "")
    monkeypatch.setattr(isolated_template, "date", Today)
    monkeypatch.setattr(template, "_render", lambda messages: rendered.append(json.dumps(messages)) or "text")
    for _ in range(3):
        assert template(MESSAGES) == "text"
    assert len(rendered) == 1
    Today.days = 1
    template(MESSAGES)
    assert len(rendered) == 2
    assert len(template._rendered) == 1
