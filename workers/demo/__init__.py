"""Six real orders through the public API, watched until each is where it should be."""
