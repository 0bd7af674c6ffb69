"""The envelope on Azurite: a large blob streams both ways, and what lies there is bound to its account."""
from __future__ import annotations

import pytest
from azure.storage.blob import BlobServiceClient

from shared.crypto.envelope import DecryptionFailed, version_of
from shared.storage.holdings import BLOCKLIST_INDEX

MEGABYTE = 1 << 20
LARGE = 40 * MEGABYTE  # more than the SDK downloads in one request (32 MiB)


@pytest.fixture
def container(azurite, account):
    return BlobServiceClient.from_connection_string(azurite.connection_string).get_container_client(f"a{account.account.id}")


def test_a_large_blob_streams_in_and_out_in_pieces(account, container):
    def chunks():
        for number in range(LARGE // MEGABYTE):
            yield bytes([number]) * MEGABYTE
    account.store.blobs.write(BLOCKLIST_INDEX, "large", chunks())
    stored = container.get_blob_client("blocklist-index/large").get_blob_properties().size
    assert stored == 44 + LARGE + 16 * (LARGE // MEGABYTE)
    sizes, position = [], 0
    for piece in account.store.blobs.read(BLOCKLIST_INDEX, "large"):
        assert piece[0] == position // MEGABYTE == piece[-1]
        position += len(piece)
        sizes.append(len(piece))
    assert position == LARGE and max(sizes) == MEGABYTE


def test_a_stored_blob_that_was_cut_or_altered_does_not_decrypt(account, container):
    account.store.blobs.write(BLOCKLIST_INDEX, "a", [b"x" * (2 * MEGABYTE)])
    stored = container.download_blob("blocklist-index/a").readall()
    assert version_of(stored) == 1
    for damaged in (stored[:-1], stored[:44 + MEGABYTE + 16], stored[:44], stored[:10], stored[:-1] + bytes([stored[-1] ^ 1]),
                    stored + b"\0", stored[:100] + bytes([stored[100] ^ 1]) + stored[101:]):
        container.upload_blob("blocklist-index/a", damaged, overwrite=True)
        with pytest.raises(DecryptionFailed):
            b"".join(account.store.blobs.read(BLOCKLIST_INDEX, "a"))
