"""The HTTP front door: checkout, orders, webhooks, ops."""
