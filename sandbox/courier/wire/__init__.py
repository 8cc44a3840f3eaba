"""How things look on the provider's wire: forms, dates, amounts, answers and papers."""
