"""Problem details (RFC 9457): one stable type per error, and how errors become them."""
