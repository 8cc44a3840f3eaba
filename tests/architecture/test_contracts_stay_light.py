"""A consumer's promise and handler can be loaded by a function without any driver."""

from tests.architecture.test_functions_stay_light import loaded_by

DRIVERS = {"boto3", "botocore", "motor", "pymongo", "redis", "razorpay", "temporalio", "httpx"}


def test_contracts_and_events_load_no_driver_and_no_metrics() -> None:
    loaded = loaded_by("consumers.contract", "domain.event_schemas", "domain.wire")
    assert loaded & (DRIVERS | {"prometheus_client"}) == set()


def test_what_a_consumer_is_built_of_loads_no_driver() -> None:
    assert (
        loaded_by("consumers.batch", "consumers.parking", "consumers.registry") & DRIVERS == set()
    )
