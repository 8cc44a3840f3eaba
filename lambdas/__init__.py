"""Functions: plain handlers without a server framework; `functions` declares each of them."""
