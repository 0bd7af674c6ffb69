"""Sample content under consent: given, read, taken back; by requests at the same time, and by workers that die."""
from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from azure.storage.queue import QueueServiceClient, TextBase64DecodePolicy

from shared.bootstrap import services_of
from shared.errors import Conflict, NotFound, ServiceError, Unavailable
from shared.lifecycle.erasure import ERASE_KIND
from shared.lifecycle.erasure_repository import Erasure, ErasureRepository
from shared.storage.holdings import CONSENT, SAMPLE
from tests.integration.accounts.conftest import Clock
from tests.integration.storage.wire import Died, Wire, dies_after, dies_before, is_write, lost_answer, meanwhile, thereafter

STATEMENT = "Terms, version 1"
HANGING_SECONDS = 61


class Worker:
    """One process, for one account."""

    def __init__(self, settings, account, clock: Clock, wire: Wire | None = None) -> None:
        self.services = services_of(settings, now=clock, **({} if wire is None else wire.options))
        self.store = self.services.accounts.open(account)
        self.samples = self.services.sample_content

    def agree(self, statement: str = STATEMENT) -> None:
        self.samples.agree(self.store, statement, "key1")

    def submit(self, text: str = "a turnip") -> str:
        return self.samples.submit(self.store, text, "a note", {"Hate": 0, "Violence": 6}, "key1").id

    def revoke(self) -> str:
        return self.samples.revoke(self.store, "key2")

    def texts(self) -> list[str]:
        return [sample.text for sample in self.samples.page(self.store, None, 1000)[0]]

    def erase(self, receipt_id: str) -> None:
        self.services.erasures.run(self.store, receipt_id)

    def finish_erasures(self) -> None:
        for erasure in self.erasures():
            self.erase(erasure.id)

    def erasures(self) -> list[Erasure]:
        return list(ErasureRepository().every(self.store))

    def kept(self) -> int:
        """Rows of samples, whether anybody sees them or not."""
        return len(self.store.records.places(SAMPLE.kind, None, 1000)[0])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_worker(settings, account, clock) -> Callable[..., Worker]:
    return lambda wire=None: Worker(settings, account.account, clock, wire)


@pytest.fixture
def worker(new_worker) -> Worker:
    return new_worker()


def test_without_consent_nothing_is_taken_or_shown(worker):
    for refused, error in ((worker.submit, Conflict), (worker.texts, NotFound), (worker.revoke, NotFound),
                           (lambda: worker.samples.consent(worker.store), NotFound),
                           (lambda: worker.samples.get(worker.store, "0" * 32), NotFound),
                           (lambda: worker.samples.delete(worker.store, "0" * 32), NotFound)):
        with pytest.raises(error):
            refused()
    assert worker.kept() == 0


def test_a_consent_says_who_when_and_to_what_and_a_new_statement_keeps_the_samples(worker, clock):
    worker.agree()
    sample_id = worker.submit()
    clock.pass_seconds(60)
    consent, is_new = worker.samples.agree(worker.store, "Terms, version 2", "key2")

    assert not is_new
    assert (consent.statement, consent.agreed_by, consent.agreed_at) == ("Terms, version 2", "key2", clock.time)
    assert worker.samples.consent(worker.store) == consent
    assert worker.samples.get(worker.store, sample_id).text == "a turnip"


def test_a_sample_is_kept_as_it_was_given(worker, clock):
    worker.agree()
    sample = worker.samples.submit(worker.store, "текст\n\t\U0001F955", "", {"Sexual": 2}, "key1")

    assert worker.samples.get(worker.store, sample.id) == sample
    assert (sample.text, sample.note, sample.expected_severities, sample.submitted_by, sample.submitted_at) == (
        "текст\n\t\U0001F955", "", {"Sexual": 2}, "key1", clock.time)


@pytest.mark.parametrize("letter", ["x", "é", "\U0001F955", '"', "\\", "\n", "\x7f", "\u2028"])
def test_the_longest_sample_fits_its_record_whatever_its_letters(worker, letter: str):
    worker.agree()
    sample = worker.samples.submit(worker.store, letter * 10_000, letter * 1024, {}, "key1")

    assert worker.samples.get(worker.store, sample.id).text == letter * 10_000


def test_samples_are_listed_in_the_order_they_were_given_page_by_page(worker, clock):
    worker.agree()
    for number in range(7):
        worker.submit(f"sample {number}")
        clock.pass_seconds(1)
    seen, after = [], None
    while True:
        page, after = worker.samples.page(worker.store, after, 3)
        seen += [sample.text for sample in page]
        if after is None:
            break

    assert seen == [f"sample {number}" for number in range(7)]


def test_one_sample_is_deleted_and_deleting_it_again_does_nothing(worker):
    worker.agree()
    sample_id, other = worker.submit(), worker.submit("another")
    for _ in range(2):
        worker.samples.delete(worker.store, sample_id)

    assert worker.texts() == ["another"]
    assert worker.samples.get(worker.store, other).text == "another"


def test_revoking_hides_all_at_once_erases_all_and_leaves_a_receipt(worker, new_worker):
    worker.agree()
    sample_id = worker.submit()
    receipt_id = new_worker().revoke()

    for refused, error in ((worker.submit, Conflict), (worker.texts, NotFound),
                           (lambda: worker.samples.get(worker.store, sample_id), NotFound)):
        with pytest.raises(error):
            refused()
    assert worker.revoke() == receipt_id
    worker.erase(receipt_id)

    assert worker.kept() == 0
    receipt = worker.services.receipts.find(receipt_id)["receipt"]
    assert receipt["scope"]["type"] == "sample-content"
    assert receipt["requestedBy"] == "key2"
    assert worker.revoke() == receipt_id


def test_a_new_consent_waits_until_the_samples_of_the_old_one_are_erased(worker):
    worker.agree()
    worker.submit("old")
    receipt_id = worker.revoke()
    with pytest.raises(Conflict, match="being erased"):
        worker.agree()
    worker.erase(receipt_id)

    consent, is_new = worker.samples.agree(worker.store, STATEMENT, "key1")
    worker.submit("new")

    assert is_new and consent.is_given
    assert worker.texts() == ["new"]
    worker.erase(receipt_id)  # a second delivery of the job
    assert worker.texts() == ["new"]


@pytest.mark.parametrize("after", range(3))
@pytest.mark.parametrize("place", [meanwhile, thereafter])
def test_a_submission_that_races_with_a_revocation_leaves_no_sample(worker, new_worker, after: int, place):
    """The other worker revokes, and its erasure runs, around each request of the submission."""
    worker.agree()
    wire = Wire()
    racing = new_worker(wire)
    wire.clear()
    wire.trouble(place(lambda: worker.erase(worker.revoke())), after=after)
    is_last = (place, after) == (thereafter, 2)
    try:
        racing.submit()
        assert is_last
    except Conflict:
        assert not is_last

    assert worker.kept() == 0
    with pytest.raises(NotFound):
        worker.texts()


@pytest.mark.parametrize("erased", ["sample", "consent"])
@pytest.mark.parametrize("after", range(3))
def test_a_submission_that_races_with_an_erasure_of_the_kind_leaves_no_hidden_sample(worker, new_worker, erased: str, after: int):
    worker.agree()
    worker.submit("old")
    wire = Wire()
    racing = new_worker(wire)
    wire.clear()
    wire.trouble(meanwhile(lambda: worker.erase(worker.services.erasures.erase_kinds(worker.store, [erased], "kind", "key1"))),
                 after=after)
    try:
        racing.submit("new")
        expected = ["new"]
    except Conflict:
        expected = []

    assert worker.kept() == len(expected)
    if erased == "sample":
        assert worker.texts() == expected
    else:
        assert expected == [] and worker.store.records.page(CONSENT).records == []


def test_twenty_submissions_while_the_consent_is_revoked_leave_no_sample(worker, new_worker):
    worker.agree()
    writers, outcomes = [new_worker() for _ in range(20)], []

    def write(writer: Worker) -> None:
        for _ in range(3):
            try:
                writer.submit()
                outcomes.append("taken")
            except ServiceError as error:
                outcomes.append(type(error).__name__)
    threads = [threading.Thread(target=write, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    receipt_id = worker.revoke()
    worker.erase(receipt_id)
    for thread in threads:
        thread.join()

    assert set(outcomes) <= {"taken", "Conflict"} and len(outcomes) == 60
    assert worker.kept() == 0


def test_revocations_at_the_same_time_are_one_erasure_with_one_receipt(worker, new_worker):
    worker.agree()
    worker.submit()
    receipts: list[str] = []
    workers = [new_worker() for _ in range(6)]
    threads = [threading.Thread(target=lambda other=other: receipts.append(other.revoke())) for other in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(receipts) == 6 and len(set(receipts)) == 1
    assert [erasure.id for erasure in worker.erasures()] == receipts[:1]


@pytest.mark.parametrize("dies", [dies_before, dies_after])
def test_a_revocation_whose_worker_dies_anywhere_is_finished_by_the_next_or_by_the_timer(settings, account, clock, dies):
    for by_timer in (False, True):
        for after in count():
            worker = Worker(settings, account.account, clock)
            worker.agree()
            worker.submit()
            wire = Wire()
            dying = Worker(settings, account.account, clock, wire)
            wire.clear()
            wire.trouble(dies, is_write, after=after)
            try:
                dying.revoke()
                finished = True
            except Died:
                finished = False
            clock.pass_seconds(HANGING_SECONDS)
            if by_timer:
                worker.samples.tidy(worker.store)
            if not by_timer or worker.store.records.page(CONSENT).records[0].content["revokedAt"] == "":
                worker.revoke()
            worker.finish_erasures()
            assert worker.kept() == 0
            with pytest.raises(NotFound):
                worker.texts()
            assert worker.services.receipts.find(worker.revoke()) is not None
            if finished:
                break
        assert after > 2


@pytest.mark.parametrize("retries", [0, 3], ids=["without retries", "with the client's own retries"])
@pytest.mark.parametrize("after", range(5))
def test_a_revocation_whose_answers_are_lost_erases_all_the_same(worker, new_worker, clock, after: int, retries: int):
    worker.agree()
    worker.submit()
    wire = Wire(retries)
    other = new_worker(wire)
    wire.clear()
    wire.trouble(lost_answer, is_write, after=after)
    with suppress(Unavailable):
        other.revoke()
    clock.pass_seconds(HANGING_SECONDS)
    receipt_id = other.revoke()
    worker.finish_erasures()

    assert worker.kept() == 0
    assert worker.services.receipts.find(receipt_id) is not None


@pytest.mark.parametrize("dies", [dies_before, dies_after])
def test_what_a_dying_submission_leaves_after_a_revocation_is_swept(worker, new_worker, clock, dies):
    worker.agree()
    wire = Wire()
    dying = new_worker(wire)
    wire.clear()
    wire.trouble(meanwhile(lambda: worker.erase(worker.revoke())), is_write)  # the row is written after the erasure
    wire.trouble(dies, after=1)  # while the consent is looked at again
    with pytest.raises(Died):
        dying.submit()
    assert worker.kept() == 1

    worker.samples.tidy(worker.store)

    assert worker.kept() == 0


def test_the_sweep_leaves_what_is_seen(worker, clock):
    worker.samples.tidy(worker.store)
    worker.agree()
    worker.submit("kept")
    clock.pass_seconds(timedelta(days=400).total_seconds())
    worker.samples.tidy(worker.store)

    assert worker.texts() == ["kept"]


def test_the_timer_sweeps(worker):
    worker.agree()
    worker.submit("lost")
    worker.store.records.delete(CONSENT, "sample-content")

    worker.services.retention.visit(worker.services.accounts.get(worker.store.account_id))

    assert worker.kept() == 0


def test_the_job_of_a_revocation_is_queued(worker, azurite):
    worker.agree()
    receipt_id = worker.revoke()
    queue = QueueServiceClient.from_connection_string(azurite.connection_string).get_queue_client(
        "jobs", message_decode_policy=TextBase64DecodePolicy())
    messages = [json.loads(message.content) for page in queue.receive_messages(messages_per_page=32).by_page() for message in page]

    assert {"kind": ERASE_KIND, "accountId": worker.store.account_id, "id": receipt_id} in messages
