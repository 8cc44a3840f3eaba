"""What every store of files promises."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from adapters.aws.clients import AwsClients
from adapters.aws.files import S3Files
from adapters.aws.provisioner import Provisioner
from adapters.aws.topology import Topology
from domain.errors import StoreUnavailable
from domain.ports import DocumentFiles
from tests.contract.aws.conftest import EMULATORS, clients_of
from tests.fakes.gateways import FakeFiles

PDF = b"%PDF-1.7 \x00\xff"


async def files_over(clients: AwsClients, unique: str) -> S3Files:
    await Provisioner(clients).apply(Topology(buckets=(unique,)))
    return S3Files(clients, unique)


@pytest.fixture(params=["fake", *EMULATORS])
async def files(request: pytest.FixtureRequest, unique: str) -> DocumentFiles:
    if request.param == "fake":
        return FakeFiles()
    return await files_over(clients_of(request, request.param), unique)


async def test_a_stored_file_has_a_url_that_names_it(files: DocumentFiles) -> None:
    await files.put("invoices/PNQ/2627/000042.pdf", PDF, "application/pdf")
    url = await files.url("invoices/PNQ/2627/000042.pdf", 60, "PNQ-2627-000042.pdf")

    assert "invoices/PNQ/2627/000042.pdf" in urlsplit(url).path
    assert "PNQ-2627-000042.pdf" in "".join(map("".join, parse_qs(urlsplit(url).query).values()))


async def test_storing_again_replaces(files: DocumentFiles) -> None:
    for content in (b"first", b"second"):
        await files.put("one", content, "text/plain")
    assert await files.url("one", 60, "one.txt")


async def test_storing_the_same_file_again_changes_nothing(
    clients: AwsClients, unique: str
) -> None:
    files = await files_over(clients, unique)
    for _ in range(2):
        await files.put("documents/PNQ/2627/000042.pdf", PDF, "application/pdf")

    listed = await clients.call(clients.s3.list_objects_v2, Bucket=unique)
    assert [one["Key"] for one in listed["Contents"]] == ["documents/PNQ/2627/000042.pdf"]
    assert listed["Contents"][0]["Size"] == len(PDF)


async def test_the_url_downloads_the_file(clients: AwsClients, unique: str) -> None:
    files = await files_over(clients, unique)
    await files.put("a/b.pdf", PDF, "application/pdf")

    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(await files.url("a/b.pdf", 60, "b.pdf"))

    assert answer.status_code == 200
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"


async def test_the_download_has_a_harmless_name(clients: AwsClients, unique: str) -> None:
    url = await S3Files(clients, unique).url("a/b.pdf", 60, 'C"PNQ/1\r\n.pdf')

    (disposition,) = parse_qs(urlsplit(url).query)["response-content-disposition"]
    assert disposition == 'attachment; filename="C-PNQ-1-.pdf"'


async def test_a_missing_bucket_is_told(clients: AwsClients, unique: str) -> None:
    with pytest.raises(StoreUnavailable):
        await S3Files(clients, unique).put("one", b"", "text/plain")
