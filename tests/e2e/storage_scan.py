"""Looks for a string in everything that an Azurite holds, in the forms in which it could have been written."""
from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient


def forms_of(text: str) -> set[bytes]:
    """UTF-8, both UTF-16, hex, percent and JSON escapes, and base64 at each of its three offsets."""
    plain = {text.encode(), text.casefold().encode(), text.upper().encode(), text.encode("utf-16-le"),
             text.encode("utf-16-be"), text[::-1].encode(), json.dumps(text)[1:-1].encode(), quote(text).encode()}
    encoded = {form for one in plain for form in (one.hex().encode(), one.hex().upper().encode())}
    for one in plain:
        for offset in range(3):
            # The characters at either end depend on the neighbours, so they are left out.
            whole = base64.b64encode(b"\0" * offset + one)[4 if offset else 0:]
            encoded |= {whole[:-4], whole[:-4].replace(b"+", b"-").replace(b"/", b"_")}
    return {form for form in plain | encoded if len(form) > 5}


def is_in(data: bytes, text: str) -> bool:
    return any(form in data for form in forms_of(text))


def everything_in(connection_string: str) -> Iterator[tuple[str, bytes]]:
    """Where it lies, and the bytes, of every row, blob (with its metadata) and visible queue message."""
    for account_table in (tables := TableServiceClient.from_connection_string(connection_string)).list_tables():
        for row in tables.get_table_client(account_table.name).list_entities():
            yield f"table {account_table.name}", b"\n".join(_bytes(part) for pair in row.items() for part in pair)
    for container in (blobs := BlobServiceClient.from_connection_string(connection_string)).list_containers():
        client = blobs.get_container_client(container.name)
        for blob in client.list_blobs(include=["metadata", "snapshots", "uncommittedblobs", "tags"]):
            described = f"{blob.name} {blob.metadata} {blob.tags} {blob.content_settings}".encode()
            yield f"container {container.name}", described + b"\n" + client.download_blob(blob.name).readall()
    for queue in (queues := QueueServiceClient.from_connection_string(connection_string)).list_queues():
        for message in queues.get_queue_client(queue.name).peek_messages(max_messages=32):
            yield f"queue {queue.name}", message.content.encode() + b"\n" + base64.b64decode(message.content)


def places_of(text: str, connection_string: str) -> list[str]:
    """Where the string is found; empty where it is nowhere."""
    forms = forms_of(text)
    return [place for place, data in everything_in(connection_string) if any(form in data for form in forms)]


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
