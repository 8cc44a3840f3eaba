"""Settings that point at the services a test started."""

from adapters.settings import Settings

SECRETS = {
    "ORDERS_JWT_SECRET": "dev-" + "j" * 40,
    "RAZORPAY_KEY_ID": "rzp_test_abc",
    "RAZORPAY_KEY_SECRET": "dev-key-secret",
    "RAZORPAY_WEBHOOK_SECRET": "dev-webhook-secret",
    "SHIPROCKET_EMAIL": "courier@shop.example",
    "SHIPROCKET_PASSWORD": "dev-password",
    "COURIER_WEBHOOK_TOKEN": "dev-courier-token",
}


def settings_with(**variables: str) -> Settings:
    """Development settings with these variables."""
    return Settings.from_env({**SECRETS, **variables})
