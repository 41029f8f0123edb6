"""Write the lists of settings and languages, and the version, everywhere they are repeated.

usage: python scripts/generate.py [--check]

The sources are `forethought.config`, `grammars/languages.toml` and `forethought.__version__`. The editors and
the docs need the same data in their own formats; `--check` changes nothing and fails when one of them is out of date.
In Markdown and Lua, only the part between a `generated: NAME` comment and the next `end generated` is replaced.
"""

import json
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from forethought import __version__, config
from forethought.syntax.imports import import_readers

CHECKOUT = Path(__file__).resolve().parents[1]
VSCODE = Path("extension/vscode")

VSCODE_LANGUAGES = {
    "bash": ("shellscript",),
    "c-sharp": ("csharp",),
    "javascript": ("javascript", "javascriptreact"),
    "hcl": ("hcl", "terraform"),
    "json": ("json", "jsonc"),
    "ocaml-interface": ("ocaml.interface",),
    "tsx": ("typescriptreact",),
}
"""Our languages whose identifiers in VS Code are not their own names."""

NEOVIM_FILETYPES = {
    "bash": ("bash", "sh"),
    "c-sharp": ("cs",),
    "javascript": ("javascript", "javascriptreact"),
    "hcl": ("hcl", "terraform"),
    "json": ("json", "jsonc"),
    "ocaml-interface": ("ocamlinterface",),
    "tsx": ("typescriptreact",),
}

TITLES = {
    "hcl": "HCL (Terraform)",
    "ocaml-interface": "OCaml",
    "ocaml": "OCaml",
    "sql": "SQL",
    "c-sharp": "C#",
    "cpp": "C++",
    "css": "CSS",
    "html": "HTML",
    "javascript": "JavaScript",
    "json": "JSON",
    "php": "PHP",
    "toml": "TOML",
    "tsx": "TSX",
    "typescript": "TypeScript",
    "yaml": "YAML",
}

WORKSPACE_MAY_OVERRIDE = {"model.name", "model.contextLength", "sleep.model", "sleep.rounds", "sleep.candidates"}
"""Settings a *trusted* VS Code workspace may choose although a repository's `forethought.toml` may not."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of `Settings`, with what the code says about it."""

    key: str
    type: str
    """As JSON schemas name it."""
    default: Any
    description: str
    repository: bool
    """A repository's own `forethought.toml` may choose it."""
    range: tuple[float, float] | None
    choices: Mapping[str, str]
    """The allowed values and what each means; empty if it is not a choice."""


def generated(checkout: Path) -> dict[Path, str]:
    """Return every generated file, by its path in the checkout, with the text that it should have.

    Raises ValueError when a file lacks its `generated` comments.
    """
    settings = read_settings()
    languages = tomllib.loads((checkout / "grammars/languages.toml").read_text(encoding="utf-8"))
    manifest = json.loads((checkout / VSCODE / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((checkout / VSCODE / "package-lock.json").read_text(encoding="utf-8"))
    _update_manifest(manifest, languages, settings)
    lock["version"] = lock["packages"][""]["version"] = __version__
    blocks = {
        Path("docs/settings.md"): ("settings", _settings_table(settings)),
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


def read_settings() -> list[Setting]:
    """Return every setting, in the order of the code."""
    infos, annotations = config.setting_infos(), get_type_hints(config.Settings)
    return [
        Setting(
            infos[item.name].key,
            _json_type(annotations[item.name]),
            _plain(item.default),
            infos[item.name].description,
            infos[item.name].scope == "repository",
            infos[item.name].range,
            infos[item.name].choices or {},
        )
        for item in fields(config.Settings)
    ]


def _json_type(annotation: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number"}
    return names.get(annotation, "array" if get_origin(annotation) is tuple else "string")


def _plain(default: Any) -> Any:
    """A default as JSON has it: whole numbers without a fraction."""
    if isinstance(default, tuple):
        return list(default)
    return int(default) if isinstance(default, float) and default.is_integer() else default


def _update_manifest(manifest: dict[str, Any], languages: dict[str, Any], settings: list[Setting]) -> None:
    identifiers = [name for language in languages for name in VSCODE_LANGUAGES.get(language, (language,))]
    manifest["version"] = __version__
    manifest["activationEvents"] = [*(f"onLanguage:{name}" for name in identifiers), "workspaceContains:.git"]
    configuration = manifest["contributes"]["configuration"]
    own = "forethought.server.path"  # the extension's, not the server's
    configuration["properties"] = {
        own: configuration["properties"][own],
        **{f"forethought.{setting.key}": _schema(setting) for setting in settings},
    }
    # An untrusted folder may decide how things look, but not what is run or how much is computed.
    restricted = [item.key for item in settings if not item.repository or item.key.startswith("sleep.")]
    manifest["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] = [
        own,
        *(f"forethought.{key}" for key in restricted),
    ]


def _schema(setting: Setting) -> dict[str, Any]:
    """A setting as VS Code's `contributes.configuration` describes it."""
    schema: dict[str, Any] = {"type": setting.type}
    if setting.choices:
        schema["enum"] = list(setting.choices)
        schema["enumDescriptions"] = list(setting.choices.values())
    if setting.type == "array":
        schema["items"] = {"type": "string"}
    if setting.range:
        schema["minimum"], schema["maximum"] = setting.range
    schema["default"] = "" if setting.default is None else setting.default
    if setting.repository:
        schema["scope"] = "window"
    else:
        schema["scope"] = "machine-overridable" if setting.key in WORKSPACE_MAY_OVERRIDE else "machine"
    schema["markdownDescription"] = setting.description
    return schema


def _settings_table(settings: list[Setting]) -> str:
    rows = ["| setting | default | values | meaning |", "| --- | --- | --- | --- |"]
    for setting in settings:
        default = "–" if setting.default in (None, []) else f"`{json.dumps(setting.default)}`"
        meaning = [setting.description, *(f"`{choice}`: {about}" for choice, about in setting.choices.items())]
        rows.append(f"| `{setting.key}` | {default} | {_values(setting)} | {'<br>'.join(meaning)} |")
    keys = ", ".join(f"`{setting.key}`" for setting in settings if setting.repository)
    return "\n".join(["", *rows, "", f"A repository's own `forethought.toml` may set only {keys}.", ""])


def _values(setting: Setting) -> str:
    if setting.choices:
        return ", ".join(f"`{choice}`" for choice in setting.choices)
    if setting.range:
        return f"{setting.range[0]:,} to {setting.range[1]:,}"
    return {"boolean": "`true`, `false`", "array": "list of strings"}.get(setting.type, "string")


def _languages_table(languages: dict[str, Any]) -> str:
    grammars = CHECKOUT / "grammars"
    behavior = tomllib.loads((grammars / "behavior.toml").read_text(encoding="utf-8"))
    readers = import_readers()
    rows = [
        "| language | files | grammar | symbols | references | resolution | behavior |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, language in languages.items():
        files = [*(f".{extension}" for extension in language["extensions"]), *language.get("files", ())]
        grammar = language["module"].replace("_", "-")
        query = (grammars / language.get("query", name) / "tags.scm").read_text(encoding="utf-8")
        has_uses = re.search(r"@reference\.(?:name|type)", query) is not None
        has_imports = language.get("imports", name) in readers
        rungs = (
            "sections, keys" if language.get("data") else "yes",
            "yes" if has_uses else "–",
            ("imports" if has_imports else "names") if has_uses else "files" if has_imports else "–",
            "yes" if name in behavior else "–",
        )
        cells = (title(name), ", ".join(f"`{file}`" for file in files), f"`{grammar}`", *rungs)
        rows.append(f"| {' | '.join(cells)} |")
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
