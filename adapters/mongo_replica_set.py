"""Bring up a one-node replica set: transactions and change streams need one."""

from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

REPLICA_SET = "rs0"
NOT_YET_INITIALIZED = 94
TIMEOUT_MS = 2_000


class ReplicaSetNotReady(Exception):
    """The node is not a writable primary yet."""


def ensure_primary(host: str, port: int) -> None:
    """Initiate the replica set if that never happened, and check for a writable primary.

    Safe to repeat. A node that was started on another port than last time is given its new
    address. Returns once writes are accepted.

    Raises:
        ReplicaSetNotReady: not yet; call again soon.
    """
    client: MongoClient[dict[str, Any]] = MongoClient(
        host, port, directConnection=True, serverSelectionTimeoutMS=TIMEOUT_MS
    )
    try:
        with client:
            _configure(client, f"{host}:{port}")
            if not client.admin.command("hello").get("isWritablePrimary"):
                message = f"{host}:{port} is no writable primary yet"
                raise ReplicaSetNotReady(message)
    except PyMongoError as error:
        raise ReplicaSetNotReady(str(error)) from error


def ask_for_primary(url: str) -> None:
    """Check that the replica set at ``url`` has a primary; changes nothing.

    Raises:
        ReplicaSetNotReady: no primary, no replica set, or no server.
    """
    try:
        client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=TIMEOUT_MS)
        with client:
            hello = client.admin.command("hello")
    except PyMongoError as error:
        raise ReplicaSetNotReady(str(error)) from error
    if "setName" not in hello or not hello.get("isWritablePrimary"):
        message = "it is no primary of a replica set, which transactions need"
        raise ReplicaSetNotReady(message)


def _configure(client: MongoClient[dict[str, Any]], address: str) -> None:
    member = {"_id": 0, "host": address}
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
        return
    if [each["host"] for each in config["members"]] != [address]:
        moved = {**config, "version": config["version"] + 1, "members": [member]}
        client.admin.command("replSetReconfig", moved, force=True)
