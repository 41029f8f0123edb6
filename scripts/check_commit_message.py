"""Check that commit messages keep to CONTRIBUTING.md: a short title in the imperative, and a body that says why.

usage: python scripts/check_commit_message.py FILE           one message, for git's commit-msg hook
       python scripts/check_commit_message.py --range A..B   the messages of these commits
"""

import re
import subprocess
import sys
from pathlib import Path

MAX_TITLE_LENGTH = 72

_EXEMPT = re.compile(r"(Merge|Revert|fixup!|squash!|amend!) ?")
_NOT_IMPERATIVE = re.compile(r"\w+(?:ed|ing)\b")
_IMPERATIVES = frozenset({"bring", "embed", "feed", "need", "ping", "proceed", "shed", "speed", "string"})
"""Verbs that only look like another form."""


def problems(message: str) -> list[str]:
    """Say what is wrong with a message, one sentence each."""
    message = message.partition("\n# ------------------------ >8")[0]  # `git commit -v` puts the diff below
    lines = [line for line in message.splitlines() if not line.startswith("#")]
    title, rest = (lines[0].strip(), lines[1:]) if lines else ("", [])
    if _EXEMPT.match(title):
        return []
    found = []
    if not title:
        return ["The title is empty."]
    if len(title) > MAX_TITLE_LENGTH:
        found.append(f"The title has {len(title)} characters; at most {MAX_TITLE_LENGTH} fit.")
    if title.endswith("."):
        found.append("The title ends with a period.")
    first = title.split()[0]
    if not first[0].isupper():
        found.append("The title does not start with a capital letter.")
    if _NOT_IMPERATIVE.fullmatch(first) and first.lower() not in _IMPERATIVES:
        found.append(f"The title starts with “{first}”; use the imperative.")
    if rest and rest[0].strip():
        found.append("The second line is not blank.")
    if not any(line.strip() for line in rest):
        found.append("The body is missing: say why.")
    return found


def main() -> int:
    match sys.argv[1:]:
        case ["--range", revisions]:
            command = ["git", "log", "--no-merges", "--format=%B%x00", revisions, "--"]
            output = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
            messages = [message.strip("\n") for message in output.split("\0") if message.strip()]
        case [file]:
            messages = [Path(file).read_text(encoding="utf-8")]
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    status = 0
    for message in messages:
        for problem in problems(message):
            status = 1
            print(f"{message.partition(chr(10))[0]!r}: {problem}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
