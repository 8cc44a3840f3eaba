"""The same entry points as plain functions, no framework."""
