"""A small durable store: JSON documents by kind and id, written through to one SQLite file.

Each write is committed before it returns, so that a sandbox killed at any moment knows after its
restart whatever it has answered. Without a file the same interface keeps everything in memory.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LOCK_WAIT_S = 3.0
"""How long a restarted sandbox waits for its predecessor to let go of the file."""


class DocumentStore:
    """Documents by kind and id. One process at a time may use a file.

    Args:
        path: the SQLite file; its folder is made if missing. None keeps documents in memory only.

    Raises:
        ValueError: the file is in use or not a store of documents; the text names the remedy.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        # The server's own thread builds and uses the store; a test may build it in another one.
        self._db = sqlite3.connect(
            path or ":memory:", isolation_level=None, timeout=LOCK_WAIT_S, check_same_thread=False
        )
        try:
            # A second sandbox on the same file would not see what the first one knows.
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS documents"
                " (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))"
            )
        except sqlite3.OperationalError as error:
            self._db.close()
            message = f"{path} cannot be used ({error}): is another sandbox running on it?"
            raise ValueError(message) from error
        except sqlite3.DatabaseError as error:
            self._db.close()
            message = f"{path} is not a sandbox data file ({error}): delete it or name another one"
            raise ValueError(message) from error

    def put(self, kind: str, document_id: str, body: Mapping[str, object]) -> None:
        """Store `body` as JSON under (kind, id), replacing what was there."""
        self._db.execute(
            "INSERT INTO documents VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (kind, document_id, json.dumps(body)),
        )

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Commit all writes of the block together, or none; blocks nest. Do not await inside."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def delete(self, kind: str, document_id: str) -> None:
        """Forget a document; forgetting an unknown one changes nothing."""
        self._db.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, document_id))

    def all(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every (id, document) of a kind, in the order in which they were first stored."""
        rows = self._db.execute(
            "SELECT id, body FROM documents WHERE kind = ? ORDER BY rowid", (kind,)
        )
        for document_id, body in rows.fetchall():
            yield document_id, json.loads(body)

    def close(self) -> None:
        """Close the file; everything stored is already on it."""
        self._db.close()
