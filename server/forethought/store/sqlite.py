"""SQLite files that heal themselves: the base of the index and of the full-text index.

Everything in such a file can be rebuilt from the repository, so no failure of it may reach the user as more than one
sentence. A damaged file is set aside and rebuilt; a file with another schema is replaced; when the disk fails (full,
read-only, unreachable), the database continues in memory with whatever could be read.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from forethought.errors import ForethoughtError
from forethought.private_folders import ensure_private_folder
from forethought.store.file_locks import has_locks

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's write before it fails."""

_META = "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID"
LOCKS_REMEDY = "set `cache.directory` to a folder on a local disk"
_ATTEMPTS = 3
"""The first, one in a rebuilt file, and one in memory."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of a database, and which version of the code filled them."""

    statements: str
    """CREATE statements, separated by a semicolon at the end of a line. The table `meta` (key, value) is added."""
    version: int
    """Of the tables: a file of any other version is deleted and rebuilt."""
    content_version: str
    """Of the code that computed the rows."""
    outdate: Callable[[sqlite3.Connection], None] | None = None
    """Deletes the rows of another content version; None deletes the file instead."""


class Database:
    """One SQLite file. Safe from several threads and processes.

    Methods raise the `error` passed to the constructor when another process holds the write lock for more than
    `BUSY_SECONDS`, or when even memory fails; sqlite3.OperationalError when SQLite lacks a module that the schema uses.
    A closed database can still be used, but keeps no connection open.
    """

    def __init__(self, file: Path | None, schema: Schema, *, name: str, error: type[ForethoughtError]) -> None:
        """`file` None keeps everything in memory. `name` starts the sentences in `problem` and in errors."""
        self.problem: str | None = None
        """One sentence when the file could not be used or had to be rebuilt; else None."""
        self.epoch = 0
        """Grows whenever another file, or memory, takes over: rows that were read before are void."""
        self._file = file
        self._schema = schema
        self._name = name
        self._error = error
        self._lock = threading.RLock()
        self._idle: list[tuple[int, sqlite3.Connection]] = []
        """(epoch, connection) of those not in use, most recently used last."""
        self._memory: sqlite3.Connection | None = None
        self._has_locks = False
        """Whether the file's folder was found to have them."""
        self._closed = False

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self.epoch += 1  # connections in use are closed when they are returned
            self._memory = None
        while self._idle:
            self._idle.pop()[1].close()

    @property
    def write_ahead_log(self) -> Path | None:
        """The file that every write changes first; None while the database is in memory."""
        return (
            self._file.with_name(f"{self._file.name}-wal") if self._file is not None and self._memory is None else None
        )

    def row(self, query: str, parameters: tuple[object, ...] = ()) -> tuple[Any, ...] | None:
        rows = self.rows(query, parameters)
        return rows[0] if rows else None

    def rows(self, query: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        return self.read(lambda connection: connection.execute(query, parameters).fetchall())

    def read(self, query: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Run `query`, again if the database had to be healed."""
        for attempt in range(_ATTEMPTS):
            epoch = self.epoch
            try:
                with self._connection() as connection:
                    return query(connection)
            except sqlite3.Error as error:
                self._heal(error, epoch, rebuild=attempt == 0)
        raise self._error(f"{self._name} failed even in memory; restart Forethought and report this as a bug.")

    def write(self, change: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Run `change` in a transaction, again if the database had to be healed."""

        def transact(connection: sqlite3.Connection) -> _Result:
            with transaction(connection):
                return change(connection)

        return self.read(transact)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if self._file is None or self._memory is not None:
            with self._lock:
                if self._memory is None:
                    self._memory = self._open(None)
                yield self._memory
            return
        epoch = self.epoch
        try:
            opened_in, connection = self._idle.pop()
        except IndexError:
            opened_in, connection = epoch, self._open(self._file)
        if opened_in != epoch:
            connection.close()
            opened_in, connection = epoch, self._open(self._file)
        try:
            yield connection
        finally:
            if self.epoch == opened_in and not self._closed:
                self._idle.append((opened_in, connection))
            else:
                connection.close()

    def _open(self, file: Path | None) -> sqlite3.Connection:
        if file is not None:
            try:
                ensure_private_folder(file.parent)
            except OSError as error:
                raise sqlite3.OperationalError(f"{error.strerror}: {file.parent}") from error
            if not self._has_locks:
                require_locks(file.parent)
                self._has_locks = True
        connection = sqlite3.connect(
            file or ":memory:",
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,  # used by one thread at a time, but not always the same one
        )
        try:
            if file is not None:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Create the tables, or check that the file is of our version. Raises _OtherVersion."""
        schema = self._schema
        if _schema_version(connection) == schema.version and _content_version(connection) == schema.content_version:
            return
        with transaction(connection):
            version = _schema_version(connection)  # again: another process may have created the tables meanwhile
            if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in (_META, *schema.statements.strip().split(";\n")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {schema.version}")
            elif version != schema.version:
                raise _OtherVersion(f"it has schema {version}, not {schema.version}")
            elif _content_version(connection) == schema.content_version:
                return
            elif schema.outdate is None:
                raise _OtherVersion("its rows were computed by another version")
            else:
                schema.outdate(connection)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('content_version', ?)", (schema.content_version,))

    def _heal(self, error: sqlite3.Error, epoch: int, *, rebuild: bool) -> None:
        """Make the next attempt possible: in a new file if the old one is at fault and `rebuild`, else in memory."""
        if "no such module" in str(error):
            raise error  # missing from SQLite itself, so that neither a new file nor memory would help
        if is_busy(error):
            raise self._error(f"{self._name} is being written by another process; try again later.") from error
        with self._lock:
            if self.epoch != epoch:
                return  # another thread healed it meanwhile
            if self._file is None or self._memory is not None:
                raise self._error(f"{self._name} failed in memory ({error}); restart Forethought.") from error
            other_version = isinstance(error, _OtherVersion)
            # Our statements never change, so an SQL error is the file's fault, too.
            at_fault = other_version or is_damage(error) or _code(error) == sqlite3.SQLITE_ERROR
            # The epoch grows last: a thread that still meets the old file has read the older epoch, and tries again.
            if at_fault and rebuild and self._remove(self._file, keep=not other_version):
                if not other_version:
                    self.problem = f"{self._name} in {self._file} was damaged ({error}); it is being rebuilt."
                self.epoch += 1
                return
            lockless = isinstance(error, NoLocks)
            remedy = LOCKS_REMEDY if lockless else "check the disk's free space and permissions"
            self.problem = (
                f"{self._name} cannot be stored in {self._file} ({error}); it is kept in memory until Forethought"
                f" restarts, so {remedy}."
            )
            self._memory = self._open(None)
            if not lockless and not at_fault:
                self._copy_to_memory(self._file, self._memory)
            self.epoch += 1

    def _remove(self, file: Path, *, keep: bool) -> bool:
        """Delete the file, or `keep` it under another suffix. False if that fails."""
        try:
            if keep:
                file.replace(file.with_suffix(".set-aside"))
            for suffix in ("", "-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
        except OSError:
            return False  # the caller continues in memory, and says so
        return True

    def _copy_to_memory(self, file: Path, memory: sqlite3.Connection) -> None:
        try:
            with contextlib.closing(connect_read_only(file)) as source:
                if (
                    _schema_version(source) == self._schema.version
                    and _content_version(source) == self._schema.content_version
                ):
                    source.backup(memory)
        except sqlite3.Error as error:
            self.problem = f"{self.problem} Its content could not be read ({error})."


class NoLocks(sqlite3.OperationalError):
    """The file system has no locks, without which processes would overwrite each other's rows."""


def require_locks(folder: Path) -> None:
    """Raises NoLocks within two seconds when files in the folder cannot be locked."""
    if not has_locks(folder):
        raise NoLocks("its file system has no locks")


class _OtherVersion(sqlite3.DatabaseError):
    """The file was written by another version of Forethought."""


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK on any exception. The connection must be in autocommit mode."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite rolls back by itself when the disk is full
            connection.execute("ROLLBACK")
        raise


def connect_read_only(file: Path) -> sqlite3.Connection:
    """Connect without ever writing, also where SQLite may not create its log beside the file.

    Raises sqlite3.Error when the file cannot be read.
    """
    address = f"{file.resolve().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    except sqlite3.OperationalError as error:
        connection.close()
        if not error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise
        # A write-ahead database without its shared-memory file opens on a read-only disk only as immutable.
        return sqlite3.connect(f"{address}&immutable=1", uri=True)
    return connection


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection holds the lock."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file's content is at fault, as opposed to a lock, the disk, or a closed connection."""
    if type(error) is sqlite3.DatabaseError or _code(error) in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_CONSTRAINT,
    ):
        return True
    # A missing table or column, and text that is not UTF-8, have no code of their own.
    return str(error).startswith(("no such ", "Could not decode")) or "has no column named" in str(error)


def key_of(text: str) -> bytes:
    """Names as bytes: SQLite's text cannot hold the lone surrogates of undecodable source."""
    return text.encode("utf-8", "surrogatepass")


def text_of(key: bytes) -> str:
    """The inverse of `key_of`."""
    return key.decode("utf-8", "surrogatepass")


def _code(error: sqlite3.Error) -> int:
    """The primary result code; 0 for errors of the Python module itself."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _schema_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _content_version(connection: sqlite3.Connection) -> object:
    row = connection.execute("SELECT value FROM meta WHERE key = 'content_version'").fetchone()
    return row[0] if row else None
