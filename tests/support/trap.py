"""A hostile repository: its configuration names programs everywhere, and each leaves a file when it is run."""

import os
import subprocess
from pathlib import Path

CONFIG = """
[core]
    fsmonitor = {canary} fsmonitor
    hooksPath = {hooks}
    pager = {canary} pager
    editor = {canary} editor
    sshCommand = {canary} ssh
    gitProxy = {canary} proxy
    askPass = {canary} askpass
    alternateRefsCommand = {canary} alternate-refs
    attributesFile = {attributes}
    worktree = {elsewhere}
[pager]
    log = {canary} pager-log
    blame = {canary} pager-blame
    ls-files = {canary} pager-ls-files
[diff]
    external = {canary} diff-external
[diff "evil"]
    textconv = {canary} textconv
    command = {canary} diff-command
    cachetextconv = true
[filter "evil"]
    clean = {canary} clean
    smudge = {canary} smudge
    required = true
[filter "worse"]
    process = {canary} process
[merge "evil"]
    driver = {canary} merge
[gpg]
    program = {gpg}
[gpg "openpgp"]
    program = {gpg}
[gpg "ssh"]
    program = {gpg}
[log]
    showSignature = true
[credential]
    helper = !{canary} credential
[alias]
    ls-files = !{canary} alias
    evil = !{canary} alias
[protocol "ext"]
    allow = always
[protocol "ssh"]
    allow = always
[protocol "file"]
    allow = always
[remote "one"]
    url = ext::{canary} ext
    promisor = true
[remote "two"]
    url = ssh://example.invalid/x
    promisor = true
[remote "three"]
    url = file://{source}
    uploadpack = {canary} uploadpack
    promisor = true
    partialclonefilter = blob:none
[include]
    path = included
"""

HOOKS = (
    "post-index-change", "pre-commit", "post-commit", "post-checkout", "reference-transaction", "fsmonitor-watchman",
    "pre-auto-gc", "post-rewrite", "commit-msg", "prepare-commit-msg", "post-merge", "sendemail-validate",
)  # fmt: skip


class Trap:
    """A hostile repository with a hostile submodule, and a folder in which every canary that runs leaves a file."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.fired_folder = folder / "fired"
        self.fired_folder.mkdir()
        self.source = folder / "source"
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir()
        (self.elsewhere / "private.py").write_text("password\n")
        self._program = folder / "canary"
        self._program.write_text(
            f'#!/bin/sh\n: > "{self.fired_folder}/$1"\n'
            'case "$1" in clean|smudge) cat ;; textconv) cat "$2" ;; *) exit 1 ;; esac\n'
        )
        self._program.chmod(0o755)
        (folder / "gpg").write_text(f'#!/bin/sh\n: > "{self.fired_folder}/gpg"\n')  # run without a shell: no arguments
        (folder / "gpg").chmod(0o755)
        self._hooks = folder / "hooks"
        self._hooks.mkdir()
        for hook in HOOKS:
            (self._hooks / hook).write_text(f'#!/bin/sh\n: > "{self.fired_folder}/hook"\n')
            (self._hooks / hook).chmod(0o755)
        self._attributes = folder / "attributes"
        self._attributes.write_text("*.py diff=evil filter=evil merge=evil\n*.js filter=worse\n")
        self._build()

    @property
    def fired(self) -> set[str]:
        return {file.name for file in self.fired_folder.iterdir()}

    def git(self, *arguments: str, stdin: str = "", at: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=at or self.root, input=stdin.encode(), capture_output=True, timeout=20
        )
        return os.fsdecode(done.stdout).strip()

    def _build(self) -> None:
        inner = self.root.parent / "inner"
        for folder in (self.root, inner):
            folder.mkdir()
            self.git("init", "-q", at=folder)
            for number in range(3):
                (folder / "a.py").write_text(f"x = {number}\n")
                (folder / "b.js").write_text(f"y = {number}\n")
                self.git("add", ".", at=folder)
                self.git("commit", "-qm", f"change {number}", at=folder)
        self.git("submodule", "add", "-q", str(inner), "sub")
        (self.root / ".gitattributes").write_text(self._attributes.read_text())
        self.git("add", ".")
        # A commit that claims to be signed, so that git log runs gpg.
        commit = self.git(
            "cat-file", "commit", self.git("commit-tree", "-m", "x", "-p", "HEAD", self.git("write-tree"))
        )
        header, _, message = commit.partition("\n\n")
        signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
        signed = self.git("hash-object", "-w", "-t", "commit", "--stdin", stdin=f"{header}\n{signature}\n\n{message}\n")
        self.git("reset", "-q", "--hard", signed)
        self.git("clone", "-q", str(self.root), str(self.source))
        first = self.git("rev-parse", "HEAD~3")
        self.missing = self.git("rev-parse", f"{first}:a.py")
        (self.root / ".git" / "objects" / self.missing[:2] / self.missing[2:]).unlink()
        self.first = first
        for folder in (self.root / ".git", self.root / ".git" / "modules" / "sub"):
            self._poison(folder)
        # These get another size and time than in the index, so that git would look at their content.
        for file in ("a.py", "b.js", "sub/a.py", "sub/b.js"):
            (self.root / file).write_text("x = 'edited by hand'\n")
        for marker in self.fired_folder.iterdir():
            marker.unlink()  # building it has fired some

    def _poison(self, git_folder: Path) -> None:
        values = {
            "canary": self._program, "hooks": self._hooks, "attributes": self._attributes,
            "gpg": self._program.with_name("gpg"), "elsewhere": self.elsewhere, "source": self.source,
        }  # fmt: skip
        config = git_folder / "config"
        kept = config.read_text().replace("repositoryformatversion = 0", "repositoryformatversion = 1")
        kept = "\n".join(line for line in kept.splitlines() if "worktree" not in line)
        config.write_text(kept + "\n[extensions]\npartialClone = three\n" + CONFIG.format(**values))
        (git_folder / "included").write_text(f"[diff]\nexternal = {self._program} included\n")
