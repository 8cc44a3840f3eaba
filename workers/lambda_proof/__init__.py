"""Shows that functions do what the server does: twins of orders, one way each, ledgers compared."""
