"""One module per group of paths; each only translates between HTTP and the ports."""
