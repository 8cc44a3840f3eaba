from collections.abc import Mapping

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from lambdas.sigv4 import Call, Credentials, Scope, signed_headers, signing_key

# "Signature Version 4 test suite" and "Deriving the signing key" of AWS's documentation.
EXAMPLE = Credentials(
    access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)
EXAMPLE_SCOPE = Scope(region="us-east-1", service="service")
EXAMPLE_TIME = "20150830T123600Z"
HOST = {"Host": "example.amazonaws.com"}
PUBLISHED = {
    "get-vanilla": (
        Call(method="GET", path="/", headers=HOST),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    "post-vanilla": (
        Call(method="POST", path="/", headers=HOST),
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    "get-vanilla-query-order-key-case": (
        Call(method="GET", path="/", headers=HOST, query="Param2=value2&Param1=value1"),
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "post-x-www-form-urlencoded": (
        Call(
            method="POST",
            path="/",
            headers={**HOST, "Content-Type": "application/x-www-form-urlencoded"},
            body=b"Param1=value1",
        ),
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
}


def signature_of(headers: Mapping[str, str]) -> str:
    return headers["Authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_vector_is_signed_as_aws_says(name: str) -> None:
    call, expected = PUBLISHED[name]
    headers = signed_headers(call, EXAMPLE, EXAMPLE_SCOPE, EXAMPLE_TIME)
    assert signature_of(headers) == expected


def test_the_signing_key_is_derived_as_aws_says() -> None:
    key = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", "us-east-1", "iam")
    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


@given(
    body=st.binary(max_size=2000),
    token=st.sampled_from(["", "FwoGZXIvYXdzEBYaD//token+/=="]),
    secret=st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=40),
    region=st.sampled_from(["ap-south-1", "ap-south-2", "us-east-1"]),
)
def test_a_send_is_signed_as_the_sdk_signs_it(
    body: bytes, token: str, secret: str, region: str
) -> None:
    host = f"sqs.{region}.amazonaws.com"
    sent = {
        "Host": host,
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.SendMessage",
    }
    request = AWSRequest(method="POST", url=f"https://{host}/", data=body, headers=dict(sent))
    SigV4Auth(BotoCredentials("AKIDEXAMPLE", secret, token or None), "sqs", region).add_auth(
        request
    )
    call = Call(method="POST", path="/", headers=sent, body=body)
    ours = signed_headers(
        call,
        Credentials(access_key="AKIDEXAMPLE", secret_key=secret, session_token=token),
        Scope(region=region, service="sqs"),
        request.headers["X-Amz-Date"],
    )
    assert ours["Authorization"] == request.headers["Authorization"]
    assert ours.get("X-Amz-Security-Token", "") == token
