"""In-memory stand-ins of the ports; the contract suites hold them to the real adapters."""
