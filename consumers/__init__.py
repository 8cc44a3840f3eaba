"""Independent subscribers of order events; one module each."""
