"""A hostile settings file is one sentence that names it, in moments, and the defaults go on."""

import time
from pathlib import Path

import pytest

from forethought.config import Settings, load_settings
from forethought.syntax.package_manifests import read_manifest
from forethought.toml_files import parse_toml, read_toml

HOSTILE = {
    "deep arrays": "exclude = " + "[" * 100_000 + "]" * 100_000,
    "arrays that the parser takes": "exclude = " + "[" * 100 + "]" * 100,
    "deep inline tables": "a = " + "{a=" * 20_000 + "1" + "}" * 20_000,
    "a key of many parts": ".".join(["a"] * 20_000) + " = 1",
    "a quoted key of many parts": " . ".join(['"a b"', "'c.d'"] * 10_000) + " = 1",
    "a table of many parts": "[" + ".".join(["a"] * 100_000) + "]",
    "a table in many parts": "".join(f"[{'.'.join(['a'] * depth)}]\n" for depth in range(1, 40)),
    "a long integer": '"sleep.maxTokensPerFile" = ' + "9" * 5_000,
    "a long hexadecimal integer": '"sleep.maxTokensPerFile" = 0x' + "f" * 50_000,
    "an integer above 64 bits": f'"sleep.maxTokensPerFile" = {1 << 63}',
    "a large file": "# " + "x" * 60_000_000,
    "many keys": "".join(f"k{number} = 1\n" for number in range(200_000)),
    "not UTF-8": b"\xff\xfe\x00",
    "not TOML": "a = ",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_one_warning(tmp_path: Path, content: str | bytes) -> None:
    file = tmp_path / "forethought.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    started = time.process_time()
    loaded = load_settings(tmp_path, {}, with_user_file=False)
    assert time.process_time() - started < 2
    assert loaded.settings == Settings()
    assert len(loaded.warnings) == 1
    assert str(file) in loaded.warnings[0]
    assert "fix or delete it" in loaded.warnings[0]
    assert len(loaded.warnings[0]) < 500


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in ("a large file", "many keys", "not UTF-8")])
def test_a_hostile_manifest_names_no_package(name: str) -> None:
    assert read_manifest("Cargo.toml", str(HOSTILE[name])) is None


def test_warnings_are_few_and_short(tmp_path: Path) -> None:
    lines = [f"k{number} = 1" for number in range(5_000)]
    lines += [f"{'k' * 5_000} = 1", f'engine = "{"x" * 5_000}"']
    (tmp_path / "forethought.toml").write_text("\n".join(lines))
    warnings = load_settings(tmp_path, {}, with_user_file=False).warnings
    assert len(warnings) < 30
    assert "4982 more" in warnings[-1]
    assert max(map(len, warnings)) < 500


def test_a_deeply_nested_setting_of_the_editor_is_ignored() -> None:
    value: object = 1
    for _ in range(100_000):
        value = {"a": value}
    loaded = load_settings(None, {}, editor={"hover": value}, with_user_file=False)
    assert loaded.settings == Settings()
    assert len(loaded.warnings) == 1


def test_what_people_write_is_read(tmp_path: Path) -> None:
    text = '[a.b."c.d"]\r\nversions = ["1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17", 1.5, -9223372036854775807]\r\n'
    (tmp_path / "file.toml").write_bytes(text.encode())
    assert read_toml(tmp_path / "file.toml") == parse_toml(text)
    assert len(parse_toml(text)["a"]["b"]["c.d"]["versions"]) == 3
