"""Many real orders through the real stack, with faults, and a count of what came of them."""
