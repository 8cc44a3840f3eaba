"""What a customer sees: the payment sheet, and the ledger page for developers."""
