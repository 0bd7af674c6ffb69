"""Imports whose process dies, whose answers get lost, that run twice, or whose owner or others act at any moment."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest

from shared.errors import Conflict, NotFound, Unavailable
from shared.lifecycle.import_models import ImportState, Stage
from shared.storage.account_store import Record
from tests.integration.lifecycle.archives import archive_of
from tests.integration.lifecycle.importing import Clock, Importer, Raw, orphans, shown
from tests.integration.lifecycle.made_up import NOTE, STICKER, add_album
from tests.integration.storage.wire import Died, Wire, dies_before, is_write, lost_answer, meanwhile

NAMES = ("summer", "winter")


@pytest.fixture
def source(new_account):
    """Two albums with pages, notes and photos, and a file of nobody's."""
    store = new_account().store
    for name in NAMES:
        add_album(store, name, {f"{name} 1": "", f"{name} 2": ""}, {"photo": b"jpeg"})
        store.records.upsert_all(NOTE, [Record("n", {"text": name})], parent=f"{name} 1")
    store.blobs.write(STICKER, "star", [b"*"])
    return store


@pytest.fixture
def new_importer(settings, new_account) -> Callable[..., tuple[Importer, Importer]]:
    """A function that makes an account, and an importer beside one whose line the test troubles: `new_importer(wire)`."""
    def make(wire: Wire, **options) -> tuple[Importer, Importer]:
        account = new_account().account
        return Importer(settings, account, **options), Importer(settings, account, wire, **options)
    return make


def assert_whole(store, source) -> None:
    """What is seen of an album is all of it."""
    whole = shown(source)
    assert all(whole[name] == album for name, album in shown(store).items())


def test_an_import_that_dies_before_any_write_is_finished_by_the_next_run(new_importer, source, azurite):
    exported = archive_of(source)
    for after in count():
        wire = Wire()
        importer, dying = new_importer(wire)
        import_id = importer.started(exported.content)
        wire.trouble(dies_before, is_write, times=1000, after=after)
        try:
            dying.run(import_id)
            died = False
        except Died:
            died = True
        wire.clear()
        assert_whole(importer.store, source)
        importer.run(import_id)
        ended = importer.service.get(importer.store, import_id)
        assert ended.state is ImportState.SUCCEEDED
        assert ended.result.taken == {"album": 2, "album-page": 4, "note": 2, "photo": 2, "sticker": 1} and not ended.result.not_taken
        assert archive_of(importer.store).summary.merkle_root == exported.summary.merkle_root
        assert orphans(importer.store) == []
        assert Raw(azurite.connection_string, importer.store.account_id).working_blobs() == set()
        if not died:
            break
    assert after > 20


def test_an_import_whose_answers_get_lost_ends_right(new_importer, source):
    exported = archive_of(source)
    for after in count(step=3):  # every third: a write and the claim on the import take turns
        wire = Wire(retries=2)
        importer, trying = new_importer(wire)
        import_id = importer.started(exported.content)
        wire.trouble(lost_answer, is_write, after=after)
        with suppress(Unavailable, Conflict):
            trying.run(import_id)
        was_lost = sum(map(is_write, wire.sent)) > after
        wire.clear()
        importer.run(import_id)
        ended = importer.service.get(importer.store, import_id)
        assert ended.state is ImportState.SUCCEEDED, ended.error
        assert not ended.result.not_taken
        assert archive_of(importer.store).summary.merkle_root == exported.summary.merkle_root
        assert orphans(importer.store) == []
        if not was_lost:
            break
    assert after > 20


def test_a_second_run_in_the_middle_takes_over_and_the_first_one_stops(new_importer, source, azurite):
    exported = archive_of(source)
    for after in count(step=3):  # every third: a write and the claim on the import take turns
        wire = Wire()
        importer, first = new_importer(wire)
        import_id = importer.started(exported.content)
        wire.trouble(meanwhile(lambda importer=importer, import_id=import_id: importer.run(import_id)), is_write, after=after)
        first.run(import_id)
        happened = sum(map(is_write, wire.sent)) > after
        ended = importer.service.get(importer.store, import_id)
        assert ended.state is ImportState.SUCCEEDED and not ended.result.not_taken
        assert archive_of(importer.store).summary.merkle_root == exported.summary.merkle_root
        assert orphans(importer.store) == []
        assert Raw(azurite.connection_string, importer.store.account_id).working_blobs() == set()
        if not happened:
            break
    assert after > 20


def test_an_import_that_is_deleted_in_the_middle_stops_and_leaves_whole_albums_and_nothing_else(new_importer, source, azurite):
    exported = archive_of(source)
    seen = set()
    for after in count(step=3):
        wire = Wire()
        importer, running = new_importer(wire)
        import_id = importer.started(exported.content)
        wire.trouble(meanwhile(lambda importer=importer, import_id=import_id: importer.service.delete(importer.store, import_id)),
                     is_write, after=after)
        running.run(import_id)
        happened = sum(map(is_write, wire.sent)) > after
        importer.run(import_id)  # the message that stopping queues
        if not happened:
            break
        with pytest.raises(NotFound):
            importer.service.get(importer.store, import_id)
        assert importer.imports.find(importer.store, import_id) is None
        assert_whole(importer.store, source)
        assert orphans(importer.store) == []
        assert Raw(azurite.connection_string, importer.store.account_id).working_blobs() == set()
        seen.add(len(shown(importer.store)))
    assert seen >= {0, 2}


def test_a_deleted_import_whose_process_died_is_taken_away_by_the_next_run_wherever_that_was(new_importer, source, azurite):
    exported = archive_of(source)
    for after in count(step=3):
        wire = Wire()
        importer, dying = new_importer(wire)
        import_id = importer.started(exported.content)
        wire.trouble(dies_before, is_write, times=1000, after=after)
        try:
            dying.run(import_id)
            break
        except Died:
            pass
        importer.service.delete(importer.store, import_id)
        importer.run(import_id)
        assert importer.imports.find(importer.store, import_id) is None
        assert_whole(importer.store, source)
        assert orphans(importer.store) == []
        assert Raw(azurite.connection_string, importer.store.account_id).working_blobs() == set()
    assert after > 20


def test_an_album_that_comes_into_being_meanwhile_is_left_alone_and_the_archives_own_pages_are_taken_away(new_importer, source):
    exported = archive_of(source)
    wire = Wire()
    importer, running = new_importer(wire)
    import_id = importer.started(exported.content)
    wire.trouble(meanwhile(lambda: add_album(importer.store, "summer", {"own": ""}, title="mine")),
                 lambda sent: is_write(sent) and b"summer 1" in sent.body and b"album-page" in sent.url.encode() + sent.body)
    wire.trouble(meanwhile(lambda: add_album(importer.store, "summer", {"own": ""}, title="mine")),
                 lambda sent: is_write(sent) and b'"RowKey":"summer"' in sent.body.replace(b" ", b""))
    running.run(import_id)
    ended = importer.service.get(importer.store, import_id)
    assert ended.state is ImportState.SUCCEEDED
    assert [(each.id, each.reason) for each in ended.result.omissions] == [("summer", "It came into being while the import ran.")]
    assert ended.result.taken == {"album": 1, "album-page": 2, "note": 1, "photo": 1, "sticker": 1}
    assert ended.result.not_taken == {"album": 1, "album-page": 2, "note": 1, "photo": 1}
    assert shown(importer.store)["summer"] == ({"own"}, set(), set())
    assert orphans(importer.store) == []


@pytest.mark.parametrize("stage", [Stage.RECEIVE, Stage.VALIDATE, Stage.PLAN, Stage.WRITE, Stage.SHOW])
def test_an_import_that_fails_five_times_ends_and_what_was_half_written_is_taken_away(new_importer, source, azurite, stage):
    wire = Wire()
    importer, failing = new_importer(wire)
    import_id = importer.started(archive_of(source).content)
    targets = {Stage.RECEIVE: "import-upload", Stage.VALIDATE: "import-upload", Stage.PLAN: "album", Stage.WRITE: "photo",
               Stage.SHOW: "sticker"}

    def fails(send, request):
        raise RuntimeError("something that nobody thought of")

    def at_stage(sent) -> bool:
        entry = importer.imports.find(importer.store, import_id)
        return entry is not None and entry.state is ImportState.RUNNING and entry.place.stage is stage and targets[stage] in sent.url
    wire.trouble(fails, at_stage, times=1000)
    for _ in range(4):
        with pytest.raises(RuntimeError):
            failing.run(import_id)
        assert importer.service.get(importer.store, import_id).state is ImportState.RUNNING
    failing.run(import_id)
    wire.clear()
    importer.run(import_id)
    ended = importer.service.get(importer.store, import_id)
    assert (ended.state, ended.error) == (ImportState.FAILED, "An internal error occurred.")
    assert shown(importer.store) == {} and orphans(importer.store) == []
    assert Raw(azurite.connection_string, importer.store.account_id).working_blobs() == set()


def test_an_import_that_dies_five_times_without_a_word_is_given_up(new_importer, source):
    wire = Wire()
    importer, dying = new_importer(wire)
    import_id = importer.started(archive_of(source).content)
    for _ in range(5):
        wire.trouble(dies_before, lambda sent: "import-state" in sent.url and sent.method == "PUT")
        with pytest.raises(Died):
            dying.run(import_id)
        wire.clear()
    importer.run(import_id)
    ended = importer.service.get(importer.store, import_id)
    assert (ended.state, ended.error) == (ImportState.FAILED, "The import did not finish in 5 attempts.")


def test_a_run_hands_over_to_the_next_one_when_its_time_is_over(settings, new_account, source):
    exported = archive_of(source)
    importer = Importer(settings, new_account().account, slice_seconds=0)
    import_id = importer.started(exported.content)
    runs = 0
    while importer.service.get(importer.store, import_id).state is not ImportState.SUCCEEDED:
        importer.run(import_id)
        runs += 1
        assert runs < 100
    assert runs > 8
    assert archive_of(importer.store).summary.merkle_root == exported.summary.merkle_root
    ended = importer.service.get(importer.store, import_id)
    assert ended.progress.done == ended.progress.total and not ended.result.not_taken


def test_an_import_that_gives_no_sign_of_life_is_queued_again_and_given_up_after_five_attempts(settings, account, source):
    clock = Clock()
    sent: list[str] = []
    importer = Importer(settings, account.account, clock=clock)
    importer.service._jobs.send = lambda kind, account_id, import_id, delay_seconds=0: sent.append(import_id)
    import_id = importer.started(archive_of(source).content)
    sent.clear()
    importer.service.revive(importer.store)
    clock.time += timedelta(minutes=15) - timedelta(seconds=1)
    importer.service.revive(importer.store)
    assert sent == []
    clock.time += timedelta(seconds=1)
    importer.service.revive(importer.store)
    importer.service.revive(importer.store)
    assert sent == [import_id]


def test_what_comes_after_is_called_for_each_album_that_was_taken_and_for_no_other(settings, account, source):
    called: list[str] = []

    def after(store, album_id: str) -> None:
        called.append(album_id)
        raise NotFound("It was deleted meanwhile.")
    importer = Importer(settings, account.account, after={"album": after})
    add_album(importer.store, "summer")
    ended = importer.imported(archive_of(source).content)
    assert ended.state is ImportState.SUCCEEDED
    assert called == ["winter"]


def test_an_import_whose_start_died_is_finished_all_the_same(new_importer, source):
    for after in count():
        wire = Wire()
        importer, dying = new_importer(wire)
        import_id = importer.uploaded(archive_of(source).content)
        wire.trouble(dies_before, is_write, times=1000, after=after)
        try:
            dying.service.start(dying.store, import_id)
            break
        except Died:
            pass
        state = importer.service.get(importer.store, import_id).state
        if state is ImportState.UPLOADING:
            importer.service.start(importer.store, import_id)
        importer.run(import_id)  # the message, or the one that reviving sends
        assert importer.service.get(importer.store, import_id).state is ImportState.SUCCEEDED
    assert after >= 3


def test_an_account_that_is_gone_ends_the_run(services, settings, new_account, source):
    account = new_account().account
    importer = Importer(settings, account)
    import_id = importer.started(archive_of(source).content)
    services.account_deletion.delete(account.id, "operator")
    importer.run(import_id)
    assert importer.imports.find(importer.store, import_id).state is ImportState.QUEUED
