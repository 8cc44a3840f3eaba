"""What holds for the whole tree: imports, names, sizes, determinism."""
