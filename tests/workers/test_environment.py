import json
from pathlib import Path

import pytest

from workers.environment import data_folder, load_environment, load_settings
from workers.stack.dev_secrets import ensure_dev_secrets
from workers.stack.errors import DataFolderUnusable


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ORDERS_ENV", "ORDERS_DATA_DIR", "ORDERS_JWT_SECRET", "ORDERS_API_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_generated_secrets_make_usable_settings(data: Path) -> None:
    generated = ensure_dev_secrets(data / "dev.env")
    settings = load_settings(data)
    assert settings.jwt_secret == generated["ORDERS_JWT_SECRET"]
    assert settings.data_dir == data


def test_secrets_are_generated_once_and_completed_later(data: Path) -> None:
    file = data / "dev.env"
    first = ensure_dev_secrets(file)
    kept = [line for line in file.read_text().splitlines() if "COURIER_WEBHOOK_TOKEN" not in line]
    file.write_text("\n".join(kept) + "\n")
    second = ensure_dev_secrets(file)
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"COURIER_WEBHOOK_TOKEN"}
    assert ensure_dev_secrets(file) == second


def test_a_readable_secrets_file_is_closed_again(data: Path) -> None:
    file = data / "dev.env"
    ensure_dev_secrets(file)
    file.chmod(0o644)
    ensure_dev_secrets(file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_running_stack_gives_its_addresses(data: Path) -> None:
    addresses = {
        "api": "http://127.0.0.1:9", "temporal": "127.0.0.1:10", "aws": "http://127.0.0.1:11",
        "courier_sandbox": "http://127.0.0.1:12",
    }  # fmt: skip
    (data / "stack.json").write_text(json.dumps(addresses))
    env = load_environment(data)
    assert env["ORDERS_API_URL"] == "http://127.0.0.1:9"
    assert env["ORDERS_API_PORT"] == "9"
    assert env["TEMPORAL_ADDRESS"] == "127.0.0.1:10"
    assert env["SHIPROCKET_BASE_URL"] == "http://127.0.0.1:12/v1/external"


def test_a_variable_that_is_set_wins(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_dev_secrets(data / "dev.env")
    (data / "stack.json").write_text(json.dumps({"api": "http://127.0.0.1:9"}))
    monkeypatch.setenv("ORDERS_API_URL", "http://127.0.0.1:1234")
    monkeypatch.setenv("ORDERS_JWT_SECRET", "x" * 40)
    env = load_environment(data)
    assert (env["ORDERS_API_URL"], env["ORDERS_JWT_SECRET"]) == ("http://127.0.0.1:1234", "x" * 40)


def test_production_reads_no_file(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_dev_secrets(data / "dev.env")
    monkeypatch.setenv("ORDERS_ENV", "production")
    assert "ORDERS_JWT_SECRET" not in load_environment(data)


def test_a_damaged_address_file_is_named(data: Path) -> None:
    (data / "stack.json").write_text("{")
    with pytest.raises(DataFolderUnusable, match=r"stack\.json is damaged"):
        load_environment(data)


def test_the_option_wins_over_the_variable(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_DATA_DIR", "/elsewhere")
    assert data_folder(data) == data
    assert data_folder(None) == Path("/elsewhere")
