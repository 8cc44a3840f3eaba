"""A faithful Shiprocket: the courier aggregator as the order service sees it over HTTP."""
