"""What a merchant is told: signed webhooks."""
