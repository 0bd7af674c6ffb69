"""Cached images on Azurite: kept for their time and no longer, bounded, seen and deleted; by workers that die in the middle."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from shared.bootstrap import services_of
from shared.errors import NotFound, QuotaExceeded, Unavailable
from shared.storage.holdings import CACHED_IMAGE, CACHED_IMAGE_CONTENT
from tests.integration.accounts.conftest import Clock
from tests.integration.storage.wire import Died, Wire, dies_after, dies_before, is_write, lost_answer, meanwhile

PICTURE = b"\xff\xd8\xff turnip-7731" * 1000
HOURS = 24


class Worker:
    """One process, for one account."""

    def __init__(self, settings, account, clock: Clock, wire: Wire | None = None) -> None:
        self.services = services_of(settings, now=clock, **({} if wire is None else wire.options))
        self.store = self.services.accounts.open(account)
        self.images = self.services.cached_images

    def keep(self, content: bytes = PICTURE) -> str:
        return self.images.keep(self.store, content, "image/jpeg").id

    def ids(self) -> list[str]:
        return [image.id for image in self.images.page(self.store, None, 1000)[0]]

    def stored(self) -> tuple[int, int]:
        """Rows and blobs, whether anybody sees them or not."""
        rows, _ = self.store.records.ids(CACHED_IMAGE)
        return len(rows), len(self.store.blobs.ids(CACHED_IMAGE_CONTENT))

    def expire(self) -> None:
        """What the timer does with the account; not with all others of the emulator."""
        self.services.retention.visit(self.services.accounts.get(self.store.account_id))


@pytest.fixture
def raw_tables(azurite) -> TableServiceClient:
    return TableServiceClient.from_connection_string(azurite.connection_string)


@pytest.fixture
def raw_blobs(azurite) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(azurite.connection_string)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_worker(settings, account, clock) -> Callable[..., Worker]:
    return lambda wire=None, **changes: Worker(dataclasses.replace(settings, **changes), account.account, clock, wire)


@pytest.fixture
def worker(new_worker) -> Worker:
    return new_worker()


def test_a_picture_is_kept_as_it_was_sent_with_its_format_and_times(worker, new_worker, clock):
    image = worker.images.keep(worker.store, PICTURE, "image/gif")

    other = new_worker()
    assert other.images.content(other.store, image.id) == (image, PICTURE)
    assert (image.media_type, image.size_bytes, image.created_at) == ("image/gif", len(PICTURE), clock.time)
    assert image.expires_at == clock.time + timedelta(hours=HOURS)


def test_nothing_of_a_picture_can_be_read_in_the_storage(worker, account, raw_tables, raw_blobs):
    image_id = worker.keep()
    container = raw_blobs.get_container_client(f"a{account.account.id}")
    blobs = {blob.name: container.download_blob(blob.name).readall() for blob in container.list_blobs()}

    assert [name for name in blobs if name.startswith("cached-image-content/")] == [f"cached-image-content/{image_id}/content"]
    assert not [name for name, content in blobs.items() if b"turnip" in content]
    assert b"image/jpeg" not in b"".join(
        row["payload"] for row in raw_tables.get_table_client(f"a{account.account.id}").query_entities("PartitionKey eq 'cached-image'"))


def test_it_is_refused_from_its_time_on_though_no_timer_has_run_and_the_timer_deletes_it(worker, clock):
    image_id = worker.keep()
    clock.pass_seconds(HOURS * 3600 - 1)
    worker.expire()
    assert worker.images.content(worker.store, image_id)[1] == PICTURE

    clock.pass_seconds(1)
    for refused in (worker.images.get, worker.images.content):
        with pytest.raises(NotFound):
            refused(worker.store, image_id)
    assert worker.ids() == [] and worker.stored() == (1, 1)

    worker.expire()
    assert worker.stored() == (0, 0)


def test_its_hours_are_a_setting(new_worker, clock):
    worker = new_worker(cached_image_hours=2)
    assert worker.images.keep(worker.store, PICTURE, "image/png").expires_at == clock.time + timedelta(hours=2)


def test_pictures_are_listed_in_the_order_they_came_page_by_page(worker, clock):
    kept = []
    for _ in range(7):
        kept.append(worker.keep())
        clock.pass_seconds(1)
    seen, after = [], None
    while True:
        page, after = worker.images.page(worker.store, after, 3)
        seen += [image.id for image in page]
        if after is None:
            break

    assert seen == kept


def test_one_is_deleted_whole_and_deleting_it_again_does_nothing(worker):
    gone, stays = worker.keep(), worker.keep()
    worker.images.delete(worker.store, gone)
    worker.images.delete(worker.store, gone)

    assert worker.ids() == [stays] and worker.stored() == (1, 1)
    with pytest.raises(NotFound):
        worker.images.content(worker.store, gone)


def test_an_account_may_have_so_many_and_one_more_is_refused_until_there_is_room(new_worker, clock):
    worker = new_worker(cached_image_limit=3)
    kept = [worker.keep() for _ in range(3)]
    clock.pass_seconds(60)

    with pytest.raises(QuotaExceeded) as refusal:
        worker.keep()
    assert refusal.value.retry_after_seconds == HOURS * 3600 - 60
    assert worker.stored() == (3, 3)

    worker.images.delete(worker.store, kept[1])
    worker.keep()
    assert worker.stored() == (3, 3)


def test_requests_at_the_same_time_do_not_pass_the_limit(new_worker):
    workers = [new_worker(cached_image_limit=3) for _ in range(6)]
    refused = []

    def keep(worker: Worker) -> None:
        try:
            worker.keep()
        except QuotaExceeded:
            refused.append(worker)
    threads = [threading.Thread(target=keep, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rows, blobs = workers[0].stored()
    assert rows == blobs == 6 - len(refused) <= 3


@pytest.mark.parametrize("dies", [dies_before, dies_after])
def test_what_a_dying_worker_leaves_is_gone_after_its_time(settings, account, clock, dies):
    for after in count():
        worker = Worker(settings, account.account, clock)
        wire = Wire()
        dying = Worker(settings, account.account, clock, wire)
        wire.clear()
        wire.trouble(dies, is_write, after=after)
        try:
            dying.keep()
            finished = True
        except Died:
            finished = False
        for image_id in worker.ids():  # whoever finds it in a list gets all of it, or is told that it is not there
            try:
                assert worker.images.content(worker.store, image_id)[1] == PICTURE
            except NotFound:
                assert not finished
        clock.pass_seconds(HOURS * 3600)
        worker.expire()
        assert worker.stored() == (0, 0)
        if finished:
            break
    assert after == 3  # the record, the content's only block, its commitment


@pytest.mark.parametrize("erased", ["by its id", "by the erasure of its kind"])
@pytest.mark.parametrize("dies", [False, True])
def test_a_picture_that_is_erased_while_it_is_written_leaves_nothing(worker, new_worker, erased, dies):
    def erase() -> None:
        if erased == "by its id":
            worker.images.delete(worker.store, worker.ids()[0])
        else:
            worker.services.erasures.run(
                worker.store, worker.services.erasures.erase_kinds(worker.store, ["cached-image"], "cached-image", "key1"))
    wire = Wire()
    writing = new_worker(wire)
    wire.clear()
    wire.trouble(meanwhile(erase), is_write, after=1)  # right before the content is written
    if dies:
        wire.trouble(dies_after, is_write, after=1)
        with pytest.raises(Died):
            writing.keep()
        worker.images.tidy(worker.store)
    else:
        writing.keep()

    assert worker.stored() == (0, 0)


def test_the_sweep_leaves_what_is_kept(worker):
    image_id = worker.keep()
    worker.images.tidy(worker.store)
    assert worker.images.content(worker.store, image_id)[1] == PICTURE


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_answer_that_is_lost_leaves_nothing_that_outlives_its_time(worker, new_worker, clock, after):
    wire = Wire()
    other = new_worker(wire)
    wire.clear()
    wire.trouble(lost_answer, is_write, after=after)
    with pytest.raises(Unavailable):
        other.keep()

    clock.pass_seconds(HOURS * 3600)
    worker.expire()
    assert worker.stored() == (0, 0)


def test_all_are_erased_by_their_kind_with_a_receipt(worker):
    worker.keep()
    worker.keep()
    receipt_id = worker.services.erasures.erase_kinds(worker.store, ["cached-image"], "cached-image", "key1")
    worker.services.erasures.run(worker.store, receipt_id)

    assert worker.stored() == (0, 0)
    assert worker.services.receipts.find(receipt_id) is not None
