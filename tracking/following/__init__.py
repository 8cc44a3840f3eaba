"""How a reader is kept at the head of an order's log, whatever the transport."""
