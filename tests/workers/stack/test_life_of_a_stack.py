"""Start, stop, death and restart of a stack."""

import signal
import uuid
from pathlib import Path

import boto3
import psutil
from mypy_boto3_s3 import S3Client
from pymongo import MongoClient

from tests.services import eventually
from tests.workers.stack.stacks import GONE_WITHIN_S, Stack, all_gone, ready_stack, starting_stack


def s3_of(stack: Stack) -> S3Client:
    return boto3.client("s3", endpoint_url=stack.addresses()["aws"])


def test_ctrl_c_during_the_start_stops_what_had_started(data: Path) -> None:
    with starting_stack(data) as stack:
        eventually(lambda: len(stack.family()) > 3, within_s=20)
        family = stack.family()
        assert stack.end(signal.SIGINT) == 0
        assert all_gone(family)


def test_killing_the_supervisor_leaves_no_process_and_loses_no_data(data: Path) -> None:
    bucket = f"test-{uuid.uuid4()}"
    with ready_stack(data) as stack:
        with MongoClient[dict[str, str]](stack.addresses()["mongodb"]) as client:
            client["life"]["orders"].insert_one({"_id": "kept"})
        s3_of(stack).create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
        )
        s3_of(stack).put_object(Bucket=bucket, Key="invoice.pdf", Body=b"%PDF")
        secrets = (data / "dev.env").read_text()
        family = stack.family()
        assert len(family) > 7
        stack.process.kill()
        eventually(lambda: all_gone(family), within_s=GONE_WITHIN_S)
        assert not (data / "stack.json").exists()
    with ready_stack(data) as stack:
        with MongoClient[dict[str, str]](stack.addresses()["mongodb"]) as client:
            assert client["life"]["orders"].find_one() == {"_id": "kept"}
        kept = s3_of(stack).get_object(Bucket=bucket, Key="invoice.pdf")
        assert kept["Body"].read() == b"%PDF"
        assert (data / "dev.env").read_text() == secrets
        family = stack.family()
        assert stack.end(signal.SIGTERM) == 0
        assert all_gone(family)
        assert not (data / "stack.json").exists()
        assert "ended with code" not in stack.said()


def test_our_processes_are_started_again_but_a_dead_database_ends_the_stack(data: Path) -> None:
    with ready_stack(data) as stack:
        first = stack.child("sandbox razorpay")
        first.kill()
        eventually(lambda: "razorpay_sandbox starts again" in stack.said(), within_s=10)
        eventually(lambda: _other_sandbox(stack, first), within_s=20)
        assert "razorpay_sandbox ended with code -9" in stack.said()
        family = stack.family()
        stack.child("mongod").kill()
        assert stack.process.wait(20) == 2
        assert all_gone(family)
        assert "mongodb ended with code -9 and nothing works without it" in stack.said()


def _other_sandbox(stack: Stack, first: psutil.Process) -> bool:
    running = [each for each in stack.family() if "razorpay" in " ".join(each.cmdline())]
    return any(each.pid != first.pid for each in running)
