"""Image lists in archives: they come back elsewhere with their ids, match at once, and erasing a kind empties or ends them."""
from __future__ import annotations

import base64
import hashlib
import hmac
import struct

import pytest

from shared.errors import NotFound
from shared.image_lists.imported_images import ImportedImages
from shared.image_lists.intake import new_hash
from shared.lifecycle.erasure import SCOPE_KIND
from shared.storage.holdings import HOLDINGS
from tests.integration.image_lists.images import Worker
from tests.integration.lifecycle.archives import archive_of, imported_into
from tests.pictures import picture


@pytest.fixture
def other(settings, new_account) -> Worker:
    return Worker(settings, new_account().account)


def test_image_lists_come_back_elsewhere_match_at_once_and_keep_their_ids(worker, other):
    worker.create()
    number = worker.create(1, 2)
    worker.add(number, 3, (101, 403), "3")
    list(worker.lists.import_images(worker.store, number, [(1, new_hash("0f" * 32, 90, (7,), "4"))], 10))
    worker.lists.update(worker.store, number, "Garden", "what grows", {"MatchDistance": "31"})
    archive = archive_of(worker.store, HOLDINGS)
    result = imported_into(other.services, other.store, archive).result
    assert {kind: result.taken[kind] for kind in ("image-list", "list-image")} == {"image-list": 2, "list-image": 4}
    found = other.lists.get(other.store, number)
    assert (found.name, found.description, found.match_distance) == ("Garden", "what grows", 31)
    assert found.index.rules > 0  # built by the import, not by the first request
    for here in (worker, other):
        (match,) = here.lists.match(here.store, picture(3), number)
        assert (match.tags, match.label) == ((101, 403), "3")
    assert other.lists.match(other.store, picture(3), None) == worker.lists.match(worker.store, picture(3), None)
    assert other.lists.content_ids(other.store, number) == worker.lists.content_ids(worker.store, number)
    assert archive_of(other.store, HOLDINGS).summary.merkle_root == archive.summary.merkle_root
    last = other.lists.content_ids(other.store, number)[-1]
    assert other.create() == number + 1 and other.add(number + 1, 9) > last  # numbers that came are not given again
    assert imported_into(other.services, other.store, archive).result.taken["image-list"] == 0


def test_what_is_deleted_is_not_exported_even_before_its_rows_are_gone(worker):
    number = worker.create(1, 2)
    worker.lists.remove_all(worker.store, number)
    worker.add(number, 3)
    worker.lists.delete(worker.store, worker.create(4))
    archive = archive_of(worker.store, HOLDINGS)
    assert worker.rows() == 4
    assert [line["label"] for line in archive.lines("records/list-image.jsonl")] == ["3"]


def test_the_id_of_an_image_is_what_the_page_on_the_format_says(worker):
    number = worker.create(1)
    list(worker.lists.import_images(worker.store, number, [(1, new_hash("0f" * 32, 90))], 10))
    archive = archive_of(worker.store, HOLDINGS)
    (image_list,) = archive.lines("records/image-list.jsonl")
    for image in archive.lines("records/list-image.jsonl"):
        named_by = ("pixels", image["pixels"]) if image["pixels"] else ("pdq", image["pdq"])
        message = b"".join(struct.pack(">I", len(part)) + part.encode() for part in named_by)
        assert image["id"] == hmac.new(bytes.fromhex(image_list["imageKey"]), message, hashlib.sha256).digest()[:16].hex()


@pytest.mark.parametrize("change", [{"contentId": 1}, {"id": "0" * 32}, {"pixels": ""}, {"pixels": "0" * 32},
                                    {"fingerprint": base64.b64encode(b"x" * 20).decode()}, {"fingerprint": "", "pixels": "", "pdq": ""}])
def test_an_image_that_no_export_would_write_is_refused(worker, change):
    worker.create(1, 2)
    archive = archive_of(worker.store, HOLDINGS)
    (image_list,) = archive.lines("records/image-list.jsonl")
    first, second = sorted(archive.lines("records/list-image.jsonl"), key=lambda line: line["contentId"])
    check = ImportedImages(10)(image_list)
    check([first])
    with pytest.raises(Exception, match="it|another"):
        check([{**second, **change}])


def test_erasing_the_images_leaves_the_list_and_erasing_the_list_leaves_nothing(worker):
    number = worker.create(1, 2)
    worker.matched(number, [1, 2])
    for kind, is_left in (("list-image", True), ("image-list", False)):
        receipt = worker.services.erasures.erase_kinds(worker.store, [kind], SCOPE_KIND, "key1")
        worker.services.erasures.run(worker.store, receipt)
        if is_left:
            assert worker.listed(number) == set() == worker.matched(number, [1, 2])
            worker.add(number, 1)
            assert worker.listed(number) == {1} == worker.matched(number, [1, 2])
        else:
            with pytest.raises(NotFound):
                worker.matched(number, [1])
    assert (worker.rows(), worker.blobs()) == (0, set())
    assert worker.create() == number + 1
