"""HTTP routes of the courier sandbox, one module per part of the provider's API."""
