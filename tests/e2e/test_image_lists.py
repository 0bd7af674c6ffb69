"""Every image list operation and error through the official client, on two workers, and what is left of pictures in the storage."""
from __future__ import annotations

import base64
import io
import zipfile
from itertools import count
from typing import Any

import pytest
from azure.cognitiveservices.vision.contentmoderator.models import APIErrorException, Body
from PIL import Image

from shared.image_lists.image_hashes import ImageHashes
from shared.image_lists.models import entry_id
from shared.storage.holdings import IMAGE_LIST_INDEX, LIST_IMAGE
from tests.e2e.conftest import ServedAccount
from tests.e2e.storage_scan import everything_in, forms_of
from tests.picture_server import serving
from tests.pictures import encoded, pixels, reposted

JSON = "application/json"
LISTS = "/contentmoderator/lists/v1.0/imagelists"
UNKNOWN = "89003"
COMPACTION_SEGMENTS = 16


@pytest.fixture
def client(served: ServedAccount):
    return served.content_moderator()


def new_list(account: ServedAccount, *pictures: int, **metadata: str) -> str:
    client = account.content_moderator()
    list_id = str(client.list_management_image_lists.create(JSON, Body(name="a list", metadata=metadata)).id)
    for number in pictures:
        add(account, list_id, number)
    return list_id


def add(account: ServedAccount, list_id: str, number: int, **options: Any) -> str:
    client = account.content_moderator()
    return client.list_management_image.add_image_file_input(list_id, io.BytesIO(encoded(pixels(number))), **options).content_id


def matches(account: ServedAccount, list_id: str | None, content: bytes) -> list[tuple[int, str]]:
    """Content id and list of each match."""
    answer = account.content_moderator().image_moderation.match_file_input(io.BytesIO(content), list_id=list_id)
    assert answer.is_match is bool(answer.matches)
    return [(match.match_id, match.source) for match in answer.matches]


def archive_of(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def test_an_image_list_lives_through_every_operation_of_the_client(served, client):
    lists, images = client.list_management_image_lists, client.list_management_image
    created = lists.create(JSON, Body(name="Garden", description="Pictures", metadata={"season": "all"}))
    list_id = str(created.id)

    assert (created.name, created.description, created.metadata) == ("Garden", "Pictures", {"season": "all"})
    updated = lists.update(list_id, JSON, Body(name="Garden 2", metadata={"MatchDistance": "31"}))
    assert (updated.id, updated.name, updated.description, updated.metadata) == (
        created.id, "Garden 2", "Pictures", {"MatchDistance": "31"})
    assert lists.get_details(list_id).as_dict() == updated.as_dict()
    assert [each.id for each in lists.get_all_image_lists()] == [created.id]

    added = images.add_image_file_input(list_id, io.BytesIO(encoded(pixels(1))), tag=101, label="A turnip")
    assert added.status.code == 3000 and [(info.key, info.value) for info in added.additional_info] == [("Source", list_id)]
    second = add(served, list_id, 2)
    ids = images.get_all_image_ids(list_id)
    assert (ids.content_source, ids.content_ids, ids.status.code) == (list_id, [int(added.content_id), int(second)], 3000)
    (match,) = client.image_moderation.match_file_input(io.BytesIO(encoded(pixels(1))), list_id=list_id).matches
    assert (match.score, match.match_id, match.source, match.tags, match.label) == (
        1, int(added.content_id), list_id, [101], "A turnip")
    assert matches(served, list_id, reposted(2)) == [(int(second), list_id)] == matches(served, None, reposted(2))
    assert matches(served, list_id, encoded(pixels(3))) == []

    refreshed = lists.refresh_index_method(list_id)
    assert (refreshed.content_source_id, refreshed.is_update_success, refreshed.advanced_info) == (list_id, True, [])
    assert refreshed.status.description == "RefreshIndex successfully completed."

    assert images.delete_image(list_id, added.content_id) == ""
    assert images.get_all_image_ids(list_id).content_ids == [int(second)]
    assert images.delete_all_images(list_id) == "Reset Successful."
    assert images.get_all_image_ids(list_id).content_ids == []
    assert lists.delete(list_id) == ""
    assert lists.get_all_image_lists() == []


CALLS: dict[str, Any] = {
    "get_details": lambda client, list_id: client.list_management_image_lists.get_details(list_id),
    "update": lambda client, list_id: client.list_management_image_lists.update(list_id, JSON, Body(name="x")),
    "delete": lambda client, list_id: client.list_management_image_lists.delete(list_id),
    "refresh_index_method": lambda client, list_id: client.list_management_image_lists.refresh_index_method(list_id),
    "add_image_file_input": lambda client, list_id: client.list_management_image.add_image_file_input(
        list_id, io.BytesIO(encoded(pixels(1)))),
    "get_all_image_ids": lambda client, list_id: client.list_management_image.get_all_image_ids(list_id),
    "delete_image": lambda client, list_id: client.list_management_image.delete_image(list_id, "1"),
    "delete_all_images": lambda client, list_id: client.list_management_image.delete_all_images(list_id),
    "match_file_input": lambda client, list_id: client.image_moderation.match_file_input(
        io.BytesIO(encoded(pixels(1))), list_id=list_id),
}


@pytest.mark.parametrize("call", CALLS)
def test_an_unknown_list_and_that_of_another_account_are_404_and_stay_as_they_are(served, worker, call):
    other = worker.account()
    foreign = new_list(other, 1)
    for list_id in (UNKNOWN, foreign):
        with pytest.raises(APIErrorException) as refused:
            CALLS[call](served.content_moderator(), list_id)
        assert (refused.value.response.status_code, refused.value.error.error.code) == (404, "NotFound")
    assert len(other.content_moderator().list_management_image.get_all_image_ids(foreign).content_ids) == 1
    assert matches(served, None, encoded(pixels(1))) == []


def test_what_may_not_be_added_is_refused_in_the_clients_own_error(served, client):
    list_id = new_list(served, 1)
    images = client.list_management_image
    refusals = {
        (409, "Conflict"): lambda: add(served, list_id, 1),
        (400, "BadRequest"): lambda: images.add_image_file_input(list_id, io.BytesIO(b"no picture")),
        (404, "NotFound"): lambda: images.delete_image(list_id, "999999"),
    }
    for (status, code), call in refusals.items():
        with pytest.raises(APIErrorException) as refused:
            call()
        assert (refused.value.response.status_code, refused.value.error.error.code) == (status, code)
    with pytest.raises(APIErrorException) as refused:
        images.add_image_url_input(list_id, JSON, value="http://127.0.0.1/turnip.png")
    assert refused.value.response.status_code == 400


def test_every_change_counts_for_the_other_workers_very_next_call(served, elsewhere):
    list_id = new_list(served)
    assert matches(elsewhere, list_id, encoded(pixels(1))) == []
    first = add(served, list_id, 1)
    assert matches(elsewhere, list_id, encoded(pixels(1))) == [(int(first), list_id)]
    second = add(elsewhere, list_id, 2)
    assert matches(served, None, encoded(pixels(2))) == [(int(second), list_id)]
    served.content_moderator().list_management_image.delete_image(list_id, first)
    assert matches(elsewhere, list_id, encoded(pixels(1))) == []
    elsewhere.content_moderator().list_management_image_lists.update(list_id, JSON, Body(metadata={"MatchDistance": "0"}))
    assert matches(served, list_id, encoded(pixels(2))) == [(int(second), list_id)]
    served.content_moderator().list_management_image.delete_all_images(list_id)
    assert matches(elsewhere, list_id, encoded(pixels(2))) == []
    elsewhere.content_moderator().list_management_image_lists.delete(list_id)
    with pytest.raises(APIErrorException):
        matches(served, list_id, encoded(pixels(2)))


def test_an_image_is_added_from_where_it_lies_and_matched_from_there(served, client):
    with serving({"turnip.png": encoded(pixels(1)), "again.jpg": reposted(1)}) as endpoint:
        list_id = new_list(served)
        added = client.list_management_image.add_image_url_input(list_id, JSON, tag=101, label="A turnip", value=f"{endpoint}/turnip.png")
        found = client.image_moderation.match_url_input(JSON, list_id=list_id, data_representation="URL", value=f"{endpoint}/again.jpg")
    assert [(match.match_id, match.tags, match.label) for match in found.matches] == [(int(added.content_id), [101], "A turnip")]


def test_segments_are_compacted_in_the_background_and_nothing_is_lost(served, elsewhere, services, eventually):
    list_id = new_list(served, 1, 2)
    store = services.accounts.open(services.accounts.get(served.id))
    kind, made_up = ImageHashes(), count(900_000_000)
    for _ in range(COMPACTION_SEGMENTS):
        changes = [kind.removal(entry_id(next(made_up), bytes(16))) for _ in range(-(-kind.tail_bytes // kind.change_bytes))]
        services.image_list_indexes.append(store, services.image_lists.get(store, int(list_id)), changes)

    # By the queue trigger of either worker.
    assert eventually(lambda: len(store.blobs.ids(IMAGE_LIST_INDEX)) < COMPACTION_SEGMENTS, 60)
    for worker in (served, elsewhere):
        assert [len(matches(worker, list_id, encoded(pixels(number)))) for number in (1, 2, 3)] == [1, 1, 0]
    assert len(served.content_moderator().list_management_image.get_all_image_ids(list_id).content_ids) == 2


def test_pictures_come_in_by_archive_and_hashes_go_from_list_to_list(served):
    list_id, other_id = new_list(served), new_list(served)
    content = archive_of(one_png=encoded(pixels(1)), two_jpg=reposted(2), notes_txt=b"no picture",
                         tags_csv=b"file,tags,label\none.png,101,One\n")
    with served.http() as http:
        report = http.post(f"{LISTS}/{list_id}/images:import", content=content, headers={"Content-Type": "application/zip"}).json()
        assert [entry["Entry"] for entry in report["Taken"]] == [1, 2] and [each["Entry"] for each in report["Refused"]] == [3]
        hashes = http.get(f"{LISTS}/{list_id}/hashes:export")
        assert hashes.headers["Content-Type"] == "text/csv; charset=utf-8" and "Link" not in hashes.headers
        taken = http.post(f"{LISTS}/{other_id}/hashes:import", content=hashes.content, headers={"Content-Type": "text/csv"}).json()
    assert (taken["Taken"], taken["Refused"]) == (2, 0)
    found = {source for _, source in matches(served, None, encoded(pixels(1)))}
    assert found == {list_id, other_id}


def test_a_thousand_pictures_come_in_one_archive(served):
    list_id = new_list(served)
    content = archive_of(**{f"n{number}_jpg": encoded(pixels(number), "JPEG") for number in range(1000)})
    with served.http() as http:
        answer = http.post(f"{LISTS}/{list_id}/images:import", content=content, headers={"Content-Type": "application/zip"},
                           timeout=230)
    assert len(answer.json()["Taken"]) == 1000
    assert matches(served, list_id, encoded(pixels(777)))[0][0] == answer.json()["Taken"][777]["ContentId"]


def test_no_pixel_no_metadata_and_no_name_of_a_picture_is_left_in_the_storage(served, azurite, worker, services, eventually):
    """The file whole and in parts, its pixels, and canaries in its EXIF and in its name; and at last nothing at all."""
    canary = "kohlrabiexifcanary"
    exif = Image.Exif()
    exif[0x010E] = canary
    content = encoded(pixels(4242), "JPEG", exif=exif)
    list_id = new_list(served)
    with served.http() as http:
        http.post(f"{LISTS}/{list_id}/images", params={"label": "kept"}, content=content,
                  headers={"Content-Type": "image/jpeg"}).raise_for_status()
        http.post(f"{LISTS}/{list_id}/images:import", content=archive_of(kohlrabiname_png=encoded(pixels(4243))),
                  headers={"Content-Type": "application/zip"}).raise_for_status()
        matches(served, list_id, content)
    parts = [content[at:at + 48] for at in range(600, len(content) - 48, 997)] + [pixels(4242).tobytes()[at:at + 48] for at in (0, 6000)]
    wanted = {*parts, *(base64.b64encode(part)[4:-4] for part in parts), *forms_of(canary), *forms_of("kohlrabiname"), *forms_of("kept")}
    found = [place for place, data in everything_in(azurite.connection_string) if any(part in data for part in wanted)]
    assert found == []
    assert not any(part in worker.log_path.read_bytes() for part in wanted)
    store = services.accounts.open(services.accounts.get(served.id))
    assert store.records.places(LIST_IMAGE.kind, None, 10)[0]
    served.content_moderator().list_management_image_lists.delete(list_id)
    assert eventually(lambda: not store.records.places(LIST_IMAGE.kind, None, 10)[0] and not store.blobs.ids(IMAGE_LIST_INDEX), 60)
