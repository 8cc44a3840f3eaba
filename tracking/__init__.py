"""The WebSocket service and the customer's page."""
