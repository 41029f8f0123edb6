"""Finds the packages of a root by their manifests."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from forethought.repo.discovery import UnreadableSource, read_source
from forethought.syntax.package_manifests import MANIFESTS, Package, read_manifest


def find_packages(root: Path, paths: Iterable[str]) -> tuple[Package, ...]:
    """The packages whose manifests are beside or above the files. Reads the disk; unreadable manifests are skipped."""
    folders = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    packages = []
    for folder in sorted(folders):
        for name in MANIFESTS:
            manifest = f"{folder}/{name}" if folder else name
            with contextlib.suppress(UnreadableSource):
                packages.append(read_manifest(manifest, read_source(root, manifest).decode("utf-8", "replace")))
    return tuple(package for package in packages if package is not None)
