"""The WebSocket transport of the protocol `orders.v1`."""
