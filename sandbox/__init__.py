"""Faithful Razorpay and Shiprocket servers for development and tests."""
