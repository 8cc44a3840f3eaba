import re
from pathlib import Path

import pytest

from adapters.settings import Settings, SettingsError

DEV = {
    "ORDERS_JWT_SECRET": "dev-" + "j" * 40,
    "RAZORPAY_KEY_ID": "rzp_test_abc",
    "RAZORPAY_KEY_SECRET": "dev-key-secret",
    "RAZORPAY_WEBHOOK_SECRET": "dev-webhook-secret",
    "SHIPROCKET_EMAIL": "courier@shop.example",
    "SHIPROCKET_PASSWORD": "dev-password",
    "COURIER_WEBHOOK_TOKEN": "dev-courier-token",
}
PRODUCTION = {
    "ORDERS_ENV": "production",
    "ORDERS_API_URL": "https://api.shop.in",
    "ORDERS_TRACKING_URL": "https://track.shop.in",
    "ORDERS_JWT_SECRET": "9" * 40,
    "RAZORPAY_KEY_ID": "rzp_live_abc",
    "RAZORPAY_KEY_SECRET": "8" * 24,
    "RAZORPAY_WEBHOOK_SECRET": "7" * 24,
    "SHIPROCKET_EMAIL": "api@shop.in",
    "SHIPROCKET_PASSWORD": "6" * 12,
    "COURIER_WEBHOOK_TOKEN": "5" * 24,
    "TEMPORAL_ADDRESS": "temporal.internal:7233",
    "TEMPORAL_UI_URL": "https://temporal.internal",
    "MONGODB_URL": "mongodb+srv://user:pass@db.internal",
    "REDIS_URL": "rediss://cache.internal:6379/0",
    "SMTP_URL": "smtps://user:pass@mail.internal:465",
}


def problems(env: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(env)
    return str(caught.value)


def test_dev_needs_only_the_generated_secrets() -> None:
    settings = Settings.from_env(DEV)
    assert settings.env == "dev"
    assert settings.api_url == "http://127.0.0.1:8000"
    assert settings.razorpay_base_url == "http://127.0.0.1:8002"
    assert settings.shiprocket_base_url == "http://127.0.0.1:8003/v1/external"
    assert settings.aws_endpoint_url == "http://127.0.0.1:4566"
    assert settings.payment_window_s == 1_800
    assert settings.razorpay_webhook_secret_previous is None


def test_a_port_moves_the_address_that_follows_from_it() -> None:
    settings = Settings.from_env(DEV | {"ORDERS_API_PORT": "9000"})
    assert (settings.api_port, settings.api_url) == (9000, "http://127.0.0.1:9000")


def test_production_talks_to_the_real_services_unless_told_otherwise() -> None:
    settings = Settings.from_env(PRODUCTION)
    assert settings.razorpay_base_url == "https://api.razorpay.com"
    assert settings.shiprocket_base_url == "https://apiv2.shiprocket.in/v1/external"
    assert settings.aws_endpoint_url is None


def test_every_missing_secret_is_named_at_once() -> None:
    text = problems({})
    assert all(name in text for name in DEV)
    assert text.count("orders up") == len(DEV)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ORDERS_ENV", "staging"),
        ("ORDERS_JWT_SECRET", "dev-short"),
        ("ORDERS_API_PORT", "70000"),
        ("ORDERS_API_PORT", "http"),
        ("ORDERS_PAYMENT_WINDOW_S", "30m"),
        ("ORDERS_PAYMENT_WINDOW_S", "0"),
        ("ORDERS_COD_LIMIT_PAISE", "-1"),
        ("ORDERS_AUTO_PACK", "maybe"),
        ("MONGODB_URL", "127.0.0.1:27017"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("RAZORPAY_BASE_URL", "http://127.0.0.1:http"),
        ("TEMPORAL_ADDRESS", "http://127.0.0.1:7233"),
        ("ORDERS_MAIL_FROM", "the shop"),
        ("ORDERS_REFUND_SPEED", "instant"),
        ("SMTP_URL", "smtp://"),
    ],
)
def test_an_unusable_value_is_named(name: str, value: str) -> None:
    assert f"- {name} " in problems(DEV | {name: value})


def test_all_problems_are_reported_together() -> None:
    text = problems(DEV | {"ORDERS_API_PORT": "x", "REDIS_URL": "x", "ORDERS_AUTO_PACK": "x"})
    assert text.count("\n- ") == 3


@pytest.mark.parametrize(
    "name", [name for name in PRODUCTION if name not in {"ORDERS_ENV", "RAZORPAY_BASE_URL"}]
)
def test_production_refuses_a_missing_setting(name: str) -> None:
    env = {key: value for key, value in PRODUCTION.items() if key != name}
    assert f"- {name} is not set" in problems(env)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ORDERS_JWT_SECRET", DEV["ORDERS_JWT_SECRET"]),
        ("ORDERS_JWT_SECRET", "changeme"),
        ("ORDERS_JWT_SECRET", "short"),
        ("RAZORPAY_KEY_ID", "rzp_test_abc"),
        ("RAZORPAY_KEY_SECRET", DEV["RAZORPAY_KEY_SECRET"]),
        ("RAZORPAY_WEBHOOK_SECRET", DEV["RAZORPAY_WEBHOOK_SECRET"]),
        ("RAZORPAY_WEBHOOK_SECRET_PREVIOUS", "dev-old-webhook-secret"),
        ("COURIER_WEBHOOK_TOKEN", DEV["COURIER_WEBHOOK_TOKEN"]),
        ("SHIPROCKET_EMAIL", DEV["SHIPROCKET_EMAIL"]),
        ("SHIPROCKET_PASSWORD", DEV["SHIPROCKET_PASSWORD"]),
        ("RAZORPAY_BASE_URL", "http://127.0.0.1:8002"),
        ("RAZORPAY_BASE_URL", "http://localhost:8002"),
        ("RAZORPAY_BASE_URL", "https://razorpay-sandbox:8002"),
        ("RAZORPAY_BASE_URL", "http://api.razorpay.com"),
        ("SHIPROCKET_BASE_URL", "http://[::1]:8003/v1/external"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("ORDERS_API_URL", "http://127.0.0.1:8000"),
        ("ORDERS_TRACKING_URL", "http://track.shop.in"),
    ],
)
def test_production_refuses_dev_values(name: str, value: str) -> None:
    assert f"- {name} " in problems(PRODUCTION | {name: value})


def test_dev_refuses_live_looking_keys() -> None:
    assert "RAZORPAY_KEY_ID is a live key" in problems(DEV | {"RAZORPAY_KEY_ID": "rzp_live_abc"})


def test_secrets_do_not_show_in_logs_of_settings() -> None:
    shown = repr(Settings.from_env(PRODUCTION))
    hidden = ("ORDERS_JWT_SECRET", "RAZORPAY_KEY_SECRET", "SHIPROCKET_PASSWORD", "MONGODB_URL")
    assert not [name for name in hidden if PRODUCTION[name] in shown]


def test_no_problem_text_repeats_a_secret() -> None:
    bad = {"ORDERS_JWT_SECRET": "tooshort-x", "COURIER_WEBHOOK_TOKEN": "dev-courier-token"}
    assert not [value for value in bad.values() if value in problems(PRODUCTION | bad)]


def test_the_document_names_every_setting_and_no_other() -> None:
    root = Path(__file__).resolve().parents[2]
    files = [root / "adapters/settings.py", *(root / "adapters").glob("*_limits.py")]
    source = "".join(file.read_text() for file in files)
    found = re.findall(r'(?:reader\.\w+|number|days)\(\s*"([A-Z0-9_]+)"', source)
    read = set(found) | {"ORDERS_ENV"}
    document = (root / "docs/settings.md").read_text()
    section = document.split("## Settings of the processes")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z0-9_]+)`", section, re.MULTILINE)) == read


def test_shop_pages_that_may_follow_orders_are_origins_comma_apart() -> None:
    given = {"ORDERS_TRACKING_ORIGINS": "https://shop.in, https://www.shop.in/"}
    settings = Settings.from_env(DEV | given)
    assert settings.tracking.origins == {"https://shop.in", "https://www.shop.in"}
    assert Settings.from_env(DEV).tracking.origins == frozenset()
    for wrong in ("shop.in", "https://shop.in/page"):
        assert "give origins" in problems(DEV | {"ORDERS_TRACKING_ORIGINS": wrong})


def test_production_drains_longer() -> None:
    assert Settings.from_env(DEV).tracking.drain_s == 5
    assert Settings.from_env(PRODUCTION).tracking.drain_s == 20
