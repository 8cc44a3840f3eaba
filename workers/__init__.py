"""One module per process; also the embedded stack and the command line."""
