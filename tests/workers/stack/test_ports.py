import socket
from pathlib import Path

import pytest

from workers.stack import ports
from workers.stack.errors import StackError
from workers.stack.ports import StackPorts, free_ports, port_names


def test_free_ports_differ_and_lie_where_no_outgoing_connection_takes_them() -> None:
    found = free_ports(20)
    assert len(set(found)) == 20
    first_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(found) < max(first_outgoing, 32_768)


def test_a_port_that_is_listened_on_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "LOWEST_FREE_PORT", port)
        monkeypatch.setattr(ports, "_first_outgoing_port", lambda: port + 1)
        with pytest.raises(StackError, match="no 1 free ports"):
            free_ports(1)


def test_every_wrong_port_is_named_at_once() -> None:
    with pytest.raises(StackError) as caught:
        StackPorts.from_env({"ORDERS_API_PORT": "0", "ORDERS_REDIS_PORT": "-1"})
    assert "ORDERS_API_PORT='0'" in str(caught.value)
    assert "ORDERS_REDIS_PORT='-1'" in str(caught.value)


def test_ports_that_are_not_set_keep_their_defaults() -> None:
    chosen = StackPorts.from_env({"ORDERS_API_PORT": "9000", "ORDERS_MAIL_PORT": ""})
    assert (chosen.api, chosen.tracking, chosen.mail) == (9000, 8001, 8025)


def test_free_stack_ports_are_all_different() -> None:
    chosen = StackPorts.free()
    assert len({getattr(chosen, name) for name in port_names()}) == len(port_names())
