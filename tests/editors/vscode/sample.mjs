// The repository that the editor opens. Written here as texts, so that no test collector takes its tests for ours.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const files = {
  "greeting.py": `"""Greetings for the guests of a conference."""

GREETINGS = {"en": "Hello", "fr": "Bonjour", "it": "Ciao"}


class UnknownLanguage(Exception):
    """There is no greeting in that language."""


def greet(name: str, language: str = "en") -> str:
    """Return a greeting for one person."""
    if language not in GREETINGS:
        raise UnknownLanguage(language)
    return f"{GREETINGS[language]}, {name}!"
`,
  "reception.py": `"""What the reception says."""

from greeting import greet


def welcome(guests: list[str]) -> list[str]:
    """Greet every guest in English."""
    return [greet(name) for name in guests]
`,
  "italian_test.py": `from greeting import greet


def test_italian_greeting():
    assert greet("Ada", "it") == "Ciao, Ada!"
`,
};

export function writeSample(folder) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const git = (...args) => execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...args], { cwd: folder });
  git("init", "--quiet", "--initial-branch=main");
  git("add", ".");
  git("commit", "--quiet", "--message", "Greet guests in three languages");
}
