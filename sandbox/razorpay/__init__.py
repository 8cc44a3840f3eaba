"""A Razorpay server for development and tests: real HTTP, signed webhooks, no money."""
