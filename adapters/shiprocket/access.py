"""Who may call our courier webhook: the check is the receivers' own, kept in the domain."""

from domain.webhooks import verify_token

__all__ = ["verify_token"]
