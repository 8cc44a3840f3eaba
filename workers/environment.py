"""Where a command takes its settings from: the environment, then a running stack's files."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from adapters.settings import Settings
from workers.stack.data_folder import DataFolder
from workers.stack.dev_secrets import read_dev_secrets
from workers.stack.emulated_aws import EMULATOR_CREDENTIALS
from workers.stack.ports import port_setting

DEFAULT_DATA_DIR = Path(".data")
# Which setting holds what `stack.json` says about a service.
ADDRESS_SETTINGS: Mapping[str, str] = {
    "api": "ORDERS_API_URL",
    "tracking": "ORDERS_TRACKING_URL",
    "temporal": "TEMPORAL_ADDRESS",
    "temporal_ui": "TEMPORAL_UI_URL",
    "mongodb": "MONGODB_URL",
    "redis": "REDIS_URL",
    "aws": "AWS_ENDPOINT_URL",
    "razorpay_sandbox": "RAZORPAY_BASE_URL",
}

LISTENERS = frozenset({"api", "tracking", "razorpay_sandbox", "courier_sandbox"})


def data_folder(data: Path | None) -> Path:
    """The folder of `--data`, else of `ORDERS_DATA_DIR`, else `.data`; absolute."""
    given = os.environ.get("ORDERS_DATA_DIR", "").strip()
    return (data or (Path(given) if given else DEFAULT_DATA_DIR)).absolute()


def load_environment(data: Path | None) -> dict[str, str]:
    """The variables for a command: what is set wins over `stack.json` and `dev.env`.

    In production only the environment counts.

    Raises:
        DataFolderUnusable: one of the files is damaged.
    """
    given = {name: value for name, value in os.environ.items() if value.strip()}
    if given.get("ORDERS_ENV") == "production":
        return given
    folder = DataFolder(root=data_folder(data))
    return {
        **read_dev_secrets(folder.secrets_file),
        **_address_variables(folder.addresses()),
        **given,
        "ORDERS_DATA_DIR": str(folder.root),
    }


def load_settings(data: Path | None) -> Settings:
    """The settings for a command.

    The AWS client reads its credentials from the process alone, so those of a development
    stack are put there.

    Raises:
        SettingsError: a setting is missing or wrong.
        DataFolderUnusable: a file of the data folder is damaged.
    """
    env = load_environment(data)
    os.environ.update({name: value for name, value in env.items() if name.startswith("AWS_")})
    return Settings.from_env(env)


def _address_variables(addresses: Mapping[str, str]) -> dict[str, str]:
    variables = {
        setting: addresses[name] for name, setting in ADDRESS_SETTINGS.items() if name in addresses
    }
    for name in LISTENERS & addresses.keys():
        # A process that is started by hand beside `orders up --services-only` listens there.
        variables[port_setting(name)] = str(urlsplit(addresses[name]).port)
    if "courier_sandbox" in addresses:
        variables["SHIPROCKET_BASE_URL"] = f"{addresses['courier_sandbox']}/v1/external"
    if "aws" in addresses:
        # An emulator accepts any credentials, but the client wants some.
        variables |= EMULATOR_CREDENTIALS
    return variables
