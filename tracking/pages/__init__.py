"""The customer's page: server-rendered, then kept alive by `tracking/static/`."""
