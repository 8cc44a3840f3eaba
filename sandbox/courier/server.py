"""The courier sandbox as a process: `python -m sandbox.courier.server [--host H] [--port P]`.

Environment: `SHIPROCKET_EMAIL`, `SHIPROCKET_PASSWORD` (made-up ones), `COURIER_WEBHOOK_TOKEN`,
`COURIER_WEBHOOK_URL`, `COURIER_SANDBOX_DATA` (a file; without it nothing survives a restart),
`COURIER_STEP_S` (default 2).
"""

import argparse
import os
import sys
from collections.abc import Mapping

import uvicorn

from sandbox.courier.app import create_app
from sandbox.courier.config import CourierSandboxConfig, SettingsRefused

DEFAULT_PORT = 8003


def run(environ: Mapping[str, str], host: str = "127.0.0.1", port: int = DEFAULT_PORT) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsRefused: a setting is missing or unusable; nothing was started.
        ValueError: the data file is not one of ours.
    """
    app = create_app(CourierSandboxConfig.from_environ(environ))
    uvicorn.run(
        app, host=host, port=port, log_level="warning", access_log=False, ws="none", lifespan="on"
    )


def main() -> None:
    """Read the command line and serve; a refused setting ends with status 2."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.courier.server")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    options = parser.parse_args()
    try:
        run(os.environ, host=options.host, port=options.port)
    except SettingsRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
