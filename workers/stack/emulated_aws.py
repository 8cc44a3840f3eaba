"""What a client needs to talk to an emulator of AWS."""

from collections.abc import Mapping

# Emulators accept any credentials, but the client wants some.
EMULATOR_CREDENTIALS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}
