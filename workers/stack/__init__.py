"""The embedded stack: backing services and our own processes under one supervisor."""
