"""The language of orders: money, order, events, rules. Standard library only."""
