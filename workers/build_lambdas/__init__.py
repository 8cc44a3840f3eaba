"""Packs functions: small, reproducible zips with bytecode, and nothing that a function forbids."""
