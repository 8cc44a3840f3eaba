"""Every setting of every process, read from the environment and checked once, at start.

The names, defaults and meanings stand in `docs/settings.md`; a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from adapters.cash_limits import CashLimits, read_cash_limits
from adapters.reconciliation_limits import ReconciliationLimits, read_reconciliation_limits
from adapters.settings_reader import HIGHEST_PORT, SettingsError, SettingsReader
from adapters.settings_rules import refuse_live_keys_in_dev, refuse_unsafe_production
from adapters.tracking_limits import TrackingLimits, read_tracking_limits
from domain.payment import RefundSpeed

__all__ = ["Settings", "SettingsError"]

Environment = Literal["dev", "production"]

REFUND_SPEEDS = {"normal": RefundSpeed.NORMAL, "optimum": RefundSpeed.INSTANT}
"""Razorpay's words for how fast to refund."""

DAY_S = 86_400
MINUTE_S = 60
RAZORPAY_URL = "https://api.razorpay.com"
SHIPROCKET_URL = "https://apiv2.shiprocket.in/v1/external"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of one deployment. Secrets are left out of `repr`.

    Attributes:
        env: `dev` accepts sandboxes and generated secrets, `production` refuses both.
        api_url: public address of the HTTP API, without a slash at the end; also where the
            sandboxes send their webhooks.
        tracking_url: public address of the tracking service; stands in mails.
        bind_host: address that our servers listen on.
        api_port, tracking_port, razorpay_sandbox_port, courier_sandbox_port: their ports.
        health_port: where a worker or consumer process serves `/readyz` and `/metrics`;
            0 switches it off.
        shiprocket_base_url: with the path `/v1/external`.
        razorpay_webhook_secret_previous: still accepted while a secret is being rotated.
        aws_endpoint_url: an emulator; `None` means AWS itself.
        payment_window_s: seconds from placing an order until it expires unpaid.
        return_window_s: seconds from delivery in which a return can be requested.
        late_payment_window_s: seconds that a closed order waits for a late capture.
        auto_pack: shipments are packed without the warehouse's word.
        cash: which orders may be paid on delivery, and what that costs.
        revive_late_payments: a late capture revives the order if stock allows, instead of
            being refunded.
        refund_speed: what Razorpay is asked for; it falls back to normal where a bank takes no
            instant refunds.
        reconciliation: how patient reconciliation is.
        seller_name: legal name on invoices, under which the GSTINs of all warehouses stand.
        e_invoicing: the seller is bound to register invoices to businesses (CGST Rule 48(4));
            this house cannot, so it sells to consumers alone.
        data_dir: where the embedded stack keeps its files.
        tracking: how much clients may ask of the tracking service.
    """

    env: Environment
    api_url: str
    tracking_url: str
    bind_host: str
    api_port: int
    tracking_port: int
    razorpay_sandbox_port: int
    courier_sandbox_port: int
    health_port: int
    jwt_secret: str = field(repr=False)
    razorpay_base_url: str
    razorpay_key_id: str
    razorpay_key_secret: str = field(repr=False)
    razorpay_webhook_secret: str = field(repr=False)
    razorpay_webhook_secret_previous: str | None = field(repr=False)
    shiprocket_base_url: str
    shiprocket_email: str
    shiprocket_password: str = field(repr=False)
    courier_webhook_token: str = field(repr=False)
    temporal_address: str
    temporal_namespace: str
    temporal_ui_url: str
    mongodb_url: str = field(repr=False)
    mongodb_database: str
    mongodb_driver: str
    redis_url: str = field(repr=False)
    aws_endpoint_url: str | None
    aws_region: str
    s3_bucket: str
    smtp_url: str = field(repr=False)
    mail_from: str
    payment_window_s: int
    return_window_s: int
    late_payment_window_s: int
    auto_pack: bool
    cash: CashLimits
    seller_name: str
    e_invoicing: bool
    revive_late_payments: bool
    refund_speed: RefundSpeed
    reconciliation: ReconciliationLimits
    data_dir: Path
    tracking: TrackingLimits

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check all settings.

        Raises:
            SettingsError: lists every problem, each with the variable and the remedy.
        """
        reader = SettingsReader(env)
        settings = _read(reader)
        if settings.env == "production":
            refuse_unsafe_production(reader)
        else:
            refuse_live_keys_in_dev(reader)
        reader.raise_problems()
        return settings


def _read(reader: SettingsReader) -> Settings:
    env: Environment = "production" if reader.production else "dev"
    api_port = reader.port("ORDERS_API_PORT", 8000)
    tracking_port = reader.port("ORDERS_TRACKING_PORT", 8001)
    razorpay_port = reader.port("ORDERS_RAZORPAY_SANDBOX_PORT", 8002)
    courier_port = reader.port("ORDERS_COURIER_SANDBOX_PORT", 8003)
    return Settings(
        env=env,
        api_url=reader.url("ORDERS_API_URL", dev=f"http://127.0.0.1:{api_port}"),
        tracking_url=reader.url("ORDERS_TRACKING_URL", dev=f"http://127.0.0.1:{tracking_port}"),
        bind_host=reader.text("ORDERS_BIND_HOST", "127.0.0.1"),
        api_port=api_port,
        tracking_port=tracking_port,
        razorpay_sandbox_port=razorpay_port,
        courier_sandbox_port=courier_port,
        health_port=reader.integer("ORDERS_HEALTH_PORT", 0, lowest=0, highest=HIGHEST_PORT),
        jwt_secret=reader.secret("ORDERS_JWT_SECRET", least_bytes=32),
        razorpay_base_url=reader.url(
            "RAZORPAY_BASE_URL", dev=f"http://127.0.0.1:{razorpay_port}", production=RAZORPAY_URL
        ),
        razorpay_key_id=reader.secret("RAZORPAY_KEY_ID"),
        razorpay_key_secret=reader.secret("RAZORPAY_KEY_SECRET"),
        razorpay_webhook_secret=reader.secret("RAZORPAY_WEBHOOK_SECRET"),
        razorpay_webhook_secret_previous=reader.optional("RAZORPAY_WEBHOOK_SECRET_PREVIOUS"),
        shiprocket_base_url=reader.url(
            "SHIPROCKET_BASE_URL",
            dev=f"http://127.0.0.1:{courier_port}/v1/external",
            production=SHIPROCKET_URL,
        ),
        shiprocket_email=reader.secret("SHIPROCKET_EMAIL"),
        shiprocket_password=reader.secret("SHIPROCKET_PASSWORD"),
        courier_webhook_token=reader.secret("COURIER_WEBHOOK_TOKEN"),
        temporal_address=reader.host_and_port("TEMPORAL_ADDRESS", dev="127.0.0.1:7233"),
        temporal_namespace=reader.text("TEMPORAL_NAMESPACE", "default"),
        temporal_ui_url=reader.url("TEMPORAL_UI_URL", dev="http://127.0.0.1:8233"),
        mongodb_url=_mongodb_url(reader),
        mongodb_database=reader.text("MONGODB_DATABASE", "orders"),
        mongodb_driver=reader.choice("MONGODB_DRIVER", "motor", ("pymongo",)),
        redis_url=reader.url(
            "REDIS_URL", dev="redis://127.0.0.1:6379/0", schemes=("redis", "rediss")
        ),
        aws_endpoint_url=reader.optional_url("AWS_ENDPOINT_URL", dev="http://127.0.0.1:4566"),
        aws_region=reader.text("AWS_REGION", "ap-south-1"),
        s3_bucket=reader.text("ORDERS_S3_BUCKET", "orders-documents"),
        smtp_url=reader.url("SMTP_URL", dev="smtp://127.0.0.1:1025", schemes=("smtp", "smtps")),
        mail_from=reader.address("ORDERS_MAIL_FROM", "orders@shop.example"),
        payment_window_s=reader.integer("ORDERS_PAYMENT_WINDOW_S", 30 * MINUTE_S, lowest=1),
        return_window_s=reader.integer("ORDERS_RETURN_WINDOW_S", 7 * DAY_S, lowest=0),
        late_payment_window_s=reader.integer("ORDERS_LATE_PAYMENT_WINDOW_S", 5 * DAY_S, lowest=0),
        auto_pack=reader.flag("ORDERS_AUTO_PACK", default=False),
        cash=read_cash_limits(reader),
        seller_name=reader.text("ORDERS_SELLER_NAME", "Retail Orders"),
        e_invoicing=reader.flag("ORDERS_E_INVOICING", default=False),
        revive_late_payments=reader.flag("ORDERS_REVIVE_LATE_PAYMENTS", default=False),
        refund_speed=REFUND_SPEEDS[reader.choice("ORDERS_REFUND_SPEED", "normal", ("optimum",))],
        reconciliation=read_reconciliation_limits(reader),
        data_dir=Path(reader.text("ORDERS_DATA_DIR", ".data")),
        tracking=read_tracking_limits(reader),
    )


def _mongodb_url(reader: SettingsReader) -> str:
    dev = "mongodb://127.0.0.1:27017/?directConnection=true"
    return reader.url("MONGODB_URL", dev=dev, schemes=("mongodb", "mongodb+srv"))
