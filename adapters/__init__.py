"""The only code that imports drivers of databases, queues and gateways."""
