"""What happens to an order, in which order, and how it is undone. Deterministic."""
