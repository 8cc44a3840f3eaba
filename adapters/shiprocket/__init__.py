"""Shiprocket behind the port `Courier`. `webhook`, `statuses` and `forms` need no HTTP library."""
