"""What banks do: answer payments, carry refunds, receive settlements."""
