"""Containers on Azurite: blobs as streams, conditions, listings, and failures as our errors."""
from __future__ import annotations

import threading

import pytest
import requests
from azure.storage.blob import BlobServiceClient

from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.blobs import BlobStore
from tests.integration.storage.wire import Wire, answering, lost_answer, lost_request

MEGABYTE = 1 << 20


@pytest.mark.parametrize("size", [0, 1, 4 * MEGABYTE, 9 * MEGABYTE + 3])
def test_a_blob_comes_back_however_long(container, size):
    container.write("kind/a", (bytes([piece % 251]) * min(MEGABYTE, size - piece * MEGABYTE) for piece in range(-(-size // MEGABYTE))))
    whole = b"".join(container.read("kind/a"))
    assert len(whole) == size
    assert all(whole[piece * MEGABYTE] == piece % 251 for piece in range(-(-size // MEGABYTE)))
    if size:
        assert container.read_range("kind/a", 0, 16) == whole[:16]


def test_writing_again_replaces_the_whole_blob(container):
    container.write("kind/a", [b"a longer text"])
    container.write("kind/a", [b"short"])
    assert b"".join(container.read("kind/a")) == b"short"


def test_only_the_blob_whose_etag_is_known_is_replaced(container):
    container.write("kind/a", [b"1"])
    etag = next(iter(container.list())).etag
    container.replace("kind/a", [b"2"], etag)
    with pytest.raises(Conflict):
        container.replace("kind/a", [b"3"], etag)
    assert b"".join(container.read("kind/a")) == b"2"
    container.delete("kind/a")
    with pytest.raises((Conflict, NotFound)):
        container.replace("kind/a", [b"4"], etag)
    assert list(container.list()) == []


def test_what_is_not_there_is_not_found_and_deleted_without_a_word(container):
    container.delete("kind/none")
    with pytest.raises(NotFound):
        b"".join(container.read("kind/none"))
    with pytest.raises(NotFound):
        container.read_range("kind/none", 0, 16)


def test_names_come_in_order_by_prefix_and_from_beyond_a_name(container):
    for name in ("b/2", "a/1", "b/1", "b/10", "ba/1"):
        container.write(name, [b"x"])
    assert [blob.name for blob in container.list()] == ["a/1", "b/1", "b/10", "b/2", "ba/1"]
    assert [blob.name for blob in container.list("b/")] == ["b/1", "b/10", "b/2"]
    assert [blob.name for blob in container.list(after="b/1")] == ["b/10", "b/2", "ba/1"]
    assert list(container.names()) == ["a/1", "b/1", "b/10", "b/2", "ba/1"]
    assert list(container.names("b/")) == ["b/1", "b/10", "b/2"]
    assert list(container.names("c/")) == []


def test_folders_are_told_without_what_lies_in_them(container, wire):
    for name in ("b/2", "a/1", "b/1/deep", "b", "ba/1", "lone"):
        container.write(name, [b"x"])
    wire.clear()
    assert list(container.folders()) == ["a", "b", "ba", "lone"]
    assert len(wire.sent) == 1 and "delimiter=%2F" in wire.sent[0].url


def test_a_container_without_blobs_has_no_names_and_no_folders(container):
    assert list(container.names()) == list(container.folders()) == []


def test_a_blob_that_breaks_off_while_it_is_written_leaves_the_old_one(container):
    container.write("kind/a", [b"old"])

    def chunks():
        yield b"new" * MEGABYTE * 2
        raise RuntimeError("the source broke off")
    with pytest.raises(RuntimeError):
        container.write("kind/a", chunks())
    assert b"".join(container.read("kind/a")) == b"old"


CALLS = {
    "create": lambda container: container.create(),
    "write": lambda container: container.write("kind/a", [b"x"]),
    "replace": lambda container: container.replace("kind/a", [b"x"], '"0x1"'),
    "read": lambda container: b"".join(container.read("kind/a")),
    "read_range": lambda container: container.read_range("kind/a", 0, 16),
    "delete": lambda container: container.delete("kind/a"),
    "list": lambda container: list(container.list()),
    "names": lambda container: list(container.names()),
    "folders": lambda container: list(container.folders()),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("trouble", [lost_request, lost_answer, answering(408), answering(429), answering(500), answering(503)],
                         ids=["request lost", "answer lost", "408", "429", "500", "503"])
def test_a_storage_that_does_not_answer_is_unavailable(container, wire, call, trouble):
    wire.trouble(trouble, times=100)
    with pytest.raises(Unavailable):
        call(container)


def test_a_download_that_keeps_breaking_off_is_unavailable(container, wire, monkeypatch):
    container.write("kind/a", [b"x" * 5000])

    def broken_off(send, request):
        response = send()
        response.raw.stream = broken_stream
        return response

    def broken_stream(*_, **__):
        yield b"x" * 100
        raise requests.exceptions.ChunkedEncodingError("broken off")
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the SDK waits a second before each new try
    wire.trouble(broken_off, times=100)
    with pytest.raises(Unavailable):
        b"".join(container.read("kind/a"))


def test_an_upload_goes_on_after_a_request_that_was_lost(azurite, container):
    wire = Wire(retries=3)
    retrying = BlobStore(BlobServiceClient.from_connection_string(azurite.connection_string, **wire.options)).container(
        container.name)
    for trouble in (lost_request, lost_answer, answering(503)):
        for after in range(3):
            wire.clear()
            wire.trouble(trouble, after=after)
            retrying.write("kind/a", (bytes([number]) * MEGABYTE for number in range(6)))
            assert b"".join(retrying.read("kind/a")) == b"".join(bytes([number]) * MEGABYTE for number in range(6))


def test_a_blob_may_be_written_by_many_at_once_and_is_one_of_them(container):
    writers = [threading.Thread(target=container.write, args=("kind/a", [bytes([number]) * 100_000])) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    whole = b"".join(container.read("kind/a"))
    assert len(whole) == 100_000 and len(set(whole)) == 1


def test_a_store_knows_which_containers_there_are_by_their_whole_name(azurite, container):
    store = BlobStore(BlobServiceClient.from_connection_string(azurite.connection_string))
    assert store.has(container.name) and not store.has(container.name[:-1]) and not store.has(f"{container.name}0")
    container.destroy()
    assert not store.has(container.name)
