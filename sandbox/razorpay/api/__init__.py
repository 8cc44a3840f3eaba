"""What a merchant calls: `/v1` and its errors."""
