"""Finds the packages of a root, and the commands that they install, by their manifests."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from forethought.repo.discovery import UnreadableSource, read_source
from forethought.syntax.command_manifests import COMMAND_MANIFESTS, Command, read_commands
from forethought.syntax.package_manifests import MANIFESTS, Package, read_manifest


def find_packages(root: Path, paths: Iterable[str]) -> tuple[Package, ...]:
    """The packages whose manifests are beside or above the files. Reads the disk; unreadable manifests are skipped."""

    def read(path: str) -> str | None:
        with contextlib.suppress(UnreadableSource):
            return read_source(root, path).decode("utf-8", "replace")
        return None

    found = [read_manifest(path, text, read) for path, text in _manifests(root, paths, MANIFESTS)]
    return tuple(package for package in found if package is not None)


def find_commands(root: Path, paths: Iterable[str]) -> tuple[Command, ...]:
    """The commands that these packages install. Reads the disk; unreadable manifests are skipped."""
    return tuple(
        command for path, text in _manifests(root, paths, COMMAND_MANIFESTS) for command in read_commands(path, text)
    )


def _manifests(root: Path, paths: Iterable[str], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(path, text) of each manifest with one of these names, beside or above the files."""
    folders = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    for folder in sorted(folders):
        for name in names:
            manifest = f"{folder}/{name}" if folder else name
            with contextlib.suppress(UnreadableSource):
                yield manifest, read_source(root, manifest).decode("utf-8", "replace")
