"""The process: reads the settings and serves the sandbox until it is told to stop."""

from collections.abc import Mapping

import uvicorn

from sandbox.razorpay.app import create_app
from sandbox.razorpay.config import config_from_environ

GRACE_S = 2


def run(environ: Mapping[str, str], host: str, port: int) -> None:
    """Serve the sandbox on `host:port` until SIGINT or SIGTERM.

    Settings are those of `config_from_environ`.

    Raises:
        SandboxConfigError: a setting is missing, malformed, or a live key.
    """
    app = create_app(config_from_environ(environ))
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
    )
