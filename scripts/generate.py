"""Write the lists of settings and languages, and the version, everywhere they are repeated.

usage: python scripts/generate.py [--check]

The sources are `forethought.config.Settings`, `grammars/languages.toml` and `forethought.__version__`. The editors and
the docs need the same data in their own formats; `--check` changes nothing and fails when one of them is out of date.
In Markdown and Lua, only the part between a `generated: NAME` comment and the next `end generated` is replaced.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from forethought import __version__
from forethought.config import REPOSITORY_KEYS, Settings

CHECKOUT = Path(__file__).resolve().parents[1]
VSCODE = Path("extension/vscode")

VSCODE_LANGUAGES = {
    "bash": ("shellscript",),
    "c-sharp": ("csharp",),
    "javascript": ("javascript", "javascriptreact"),
    "tsx": ("typescriptreact",),
}
"""Our languages whose identifiers in VS Code are not their own names."""

NEOVIM_FILETYPES = {
    "bash": ("bash", "sh"),
    "c-sharp": ("cs",),
    "javascript": ("javascript", "javascriptreact"),
    "tsx": ("typescriptreact",),
}

TITLES = {
    "c-sharp": "C#",
    "cpp": "C++",
    "javascript": "JavaScript",
    "php": "PHP",
    "tsx": "TSX",
    "typescript": "TypeScript",
}

CHOICES = {
    "hover.content": {
        "auto": "Signature and docs only where no other extension shows them.",
        "full": "Everything known.",
        "insights": "Only what the model wrote.",
    },
    "engine": {
        "auto": "A local model where one is installed, else facts only.",
        "llama": "llama.cpp, on this machine.",
        "openai": "The OpenAI-compatible endpoint in `openai.baseUrl`.",
        "none": "Facts only, no model.",
    },
    "sleep.scope": {
        "auto": "Open files, recently committed files and the most-called symbols.",
        "open": "Open files.",
        "all": "Every eligible file.",
        "off": "Nothing, unless asked.",
    },
}
"""What each choice of a setting means."""

WORKSPACE_MAY_OVERRIDE = {"model.name", "model.contextLength", "sleep.model", "sleep.rounds", "sleep.candidates"}
"""Settings a *trusted* VS Code workspace may choose although a repository's `forethought.toml` may not."""


def generated(checkout: Path) -> dict[Path, str]:
    """Return every generated file, by its path in the checkout, with the text that it should have.

    Raises ValueError when a file lacks its `generated` comments.
    """
    languages = tomllib.loads((checkout / "grammars/languages.toml").read_text(encoding="utf-8"))
    manifest = json.loads((checkout / VSCODE / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((checkout / VSCODE / "package-lock.json").read_text(encoding="utf-8"))
    properties = manifest["contributes"]["configuration"]["properties"]
    descriptions = {key: _description(item, properties) for item, key in _settings()}
    _update_manifest(manifest, languages, descriptions)
    lock["version"] = lock["packages"][""]["version"] = __version__
    blocks = {
        Path("docs/settings.md"): ("settings", _settings_table(descriptions)),
        Path("docs/languages.md"): ("languages", _languages_table(languages)),
        Path("extension/neovim/lua/forethought/server.lua"): ("filetypes", _neovim_filetypes(languages)),
    }
    return {
        VSCODE / "package.json": _json_text(manifest),
        VSCODE / "package-lock.json": _json_text(lock),
        **{
            path: _with_block((checkout / path).read_text(encoding="utf-8"), name, block)
            for path, (name, block) in blocks.items()
        },
    }


def outdated(checkout: Path) -> list[Path]:
    """Return the generated files whose text on disk is not what it should be."""
    return [path for path, text in generated(checkout).items() if (checkout / path).read_text(encoding="utf-8") != text]


def _description(item: Field[Any], properties: dict[str, Any]) -> str:
    """The setting's one-sentence description, as Markdown."""
    described = item.metadata.get("description")
    if described is None:  # not described in the code: keep what the extension says
        described = properties[f"forethought.{item.metadata['key']}"]["markdownDescription"]
    return str(described)


def _update_manifest(manifest: dict[str, Any], languages: dict[str, Any], descriptions: dict[str, str]) -> None:
    identifiers = [name for language in languages for name in VSCODE_LANGUAGES.get(language, (language,))]
    manifest["version"] = __version__
    manifest["activationEvents"] = [*(f"onLanguage:{name}" for name in identifiers), "workspaceContains:.git"]
    configuration = manifest["contributes"]["configuration"]
    own = "forethought.server.path"  # the extension's, not the server's
    configuration["properties"] = {
        own: configuration["properties"][own],
        **{f"forethought.{key}": _schema(item, descriptions[key]) for item, key in _settings()},
    }
    # An untrusted folder may decide how things look, but not what is run or how much is computed.
    manifest["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = [
        own,
        *(
            f"forethought.{key}"
            for _, key in _settings()
            if key not in REPOSITORY_KEYS or key.partition(".")[0] == "sleep"
        ),
    ]


def _settings() -> Iterator[tuple[Field[Any], str]]:
    yield from ((item, item.metadata["key"]) for item in fields(Settings))


def _schema(item: Field[Any], description: str) -> dict[str, Any]:
    """A setting as VS Code's `contributes.configuration` describes it."""
    key, default = item.metadata["key"], _plain_default(item)
    schema: dict[str, Any] = {"type": _json_type(item)}
    if choices := _choices(item):
        schema["enum"] = choices
        schema["enumDescriptions"] = [CHOICES[key][choice] for choice in choices]
    if schema["type"] == "array":
        schema["items"] = {"type": "string"}
    if limits := item.metadata.get("range"):
        schema["minimum"], schema["maximum"] = limits
    schema["default"] = "" if default is None else default
    if key in REPOSITORY_KEYS:
        schema["scope"] = "window"
    else:
        schema["scope"] = "machine-overridable" if key in WORKSPACE_MAY_OVERRIDE else "machine"
    schema["markdownDescription"] = description
    return schema


def _json_type(item: Field[Any]) -> str:
    annotation = get_type_hints(Settings)[item.name]
    names = {bool: "boolean", int: "integer", float: "number"}
    if annotation in names:
        return names[annotation]
    return "array" if get_origin(annotation) is tuple else "string"


def _choices(item: Field[Any]) -> list[str]:
    annotation = get_type_hints(Settings)[item.name]
    return list(get_args(annotation)) if get_origin(annotation) is Literal else []


def _plain_default(item: Field[Any]) -> Any:
    default = item.default
    if isinstance(default, tuple):
        return list(default)
    return int(default) if isinstance(default, float) and default.is_integer() else default


def _settings_table(descriptions: dict[str, str]) -> str:
    rows = ["| setting | default | values | meaning |", "| --- | --- | --- | --- |"]
    for item, key in _settings():
        default = _plain_default(item)
        shown = "–" if default in (None, []) else f"`{json.dumps(default)}`"
        meaning = [descriptions[key], *(f"`{choice}`: {_choice_text(key, choice)}" for choice in _choices(item))]
        rows.append(f"| `{key}` | {shown} | {_values(item)} | {'<br>'.join(meaning)} |")
    keys = ", ".join(f"`{key}`" for key in sorted(REPOSITORY_KEYS))
    return "\n".join(["", *rows, "", f"A repository's own `forethought.toml` may set only {keys}.", ""])


def _choice_text(key: str, choice: str) -> str:
    text = CHOICES[key][choice]
    return text[0].lower() + text[1:]


def _values(item: Field[Any]) -> str:
    if choices := _choices(item):
        return ", ".join(f"`{choice}`" for choice in choices)
    if limits := item.metadata.get("range"):
        return f"{limits[0]:,} to {limits[1]:,}"
    return {"boolean": "`true`, `false`", "array": "list of strings"}.get(_json_type(item), "string")


def _languages_table(languages: dict[str, Any]) -> str:
    rows = ["| language | files | grammar |", "| --- | --- | --- |"]
    for name, language in languages.items():
        files = [*(f".{extension}" for extension in language["extensions"]), *language.get("files", ())]
        grammar = language["module"].replace("_", "-")
        rows.append(f"| {title(name)} | {', '.join(f'`{file}`' for file in files)} | `{grammar}` |")
    return "\n".join(["", *rows, ""])


def title(language: str) -> str:
    """A language's name as people write it."""
    return TITLES.get(language, language.capitalize())


def _neovim_filetypes(languages: dict[str, Any]) -> str:
    names = {name for language in languages for name in NEOVIM_FILETYPES.get(language, (language,))}
    return "\n".join(["local FILETYPES = {", *(f'  "{name}",' for name in sorted(names)), "}"])


def _with_block(text: str, name: str, block: str) -> str:
    """Replace what stands between the comments that begin and end a generated block."""
    begin, end = rf"^[^\n]*\bgenerated: {name}\b[^\n]*\n", r"^[^\n]*\bend generated\b"
    pattern = re.compile(f"({begin}).*?({end})", re.DOTALL | re.MULTILINE)
    replaced, count = pattern.subn(lambda found: f"{found[1]}{block}\n{found[2]}", text)
    if count != 1:
        raise ValueError(f"there must be one block `generated: {name}`; {count} were found")
    return replaced


def _json_text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    if sys.argv[1:] == ["--check"]:
        stale = outdated(CHECKOUT)
        for path in stale:
            print(f"{path} is out of date; run `make generate`.", file=sys.stderr)
        return 1 if stale else 0
    for path, text in generated(CHECKOUT).items():
        (CHECKOUT / path).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
