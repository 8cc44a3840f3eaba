"""The JSON bodies of the API: what comes in is strict, what goes out is explicit."""
