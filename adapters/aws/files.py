"""Files in S3 behind the port `DocumentFiles`."""

import re

from adapters.aws.clients import AwsClients

UNSAFE_IN_FILENAME = re.compile(r"[^A-Za-z0-9._ -]+")


class S3Files:
    """The files of one bucket."""

    def __init__(self, clients: AwsClients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store a file, replacing what the key held.

        Raises:
            StoreUnavailable: S3 did not take it.
        """
        await self._clients.call(
            self._clients.s3.put_object,
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ContentType=content_type,
        )

    async def url(self, key: str, expires_s: int, filename: str) -> str:
        """Return a signed URL that downloads the file under `filename` for `expires_s` seconds.

        Signing is local: whether the file exists shows when the URL is opened.
        """
        safe = UNSAFE_IN_FILENAME.sub("-", filename).strip("-") or "document"
        return await self._clients.call(
            self._clients.s3.generate_presigned_url,
            ClientMethod="get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": f'attachment; filename="{safe}"',
            },
            ExpiresIn=expires_s,
        )
