"""The ops wall: all orders as they move, newest state only."""
