"""Image lists: what their operations take, on both sides of each limit, and what they refuse and how they say it."""
from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import numpy as np
import pytest

from tests.contract.golden import OPERATIONS, Player
from tests.contract.in_process import Answer
from tests.pictures import encoded, pixels

named = pytest.mark.parametrize
LIST = "list_management_image_lists_"
IMAGE = "list_management_image_"
OF_LIST = {"listId": "{listId}"}


def play(player: Player, name: str, path: dict[str, Any] | None = None, body: Any = None, content: bytes | None = None,
         content_type: str | None = None, **query: object) -> Answer:
    request: dict[str, Any] = {"path": path or {}, "query": query}
    if body is not None:
        request["body"] = body
    if content is not None:
        request["content"] = base64.b64encode(content).decode()
    if content_type is not None:
        request["headers"] = {"Content-Type": content_type}
    return player.play(OPERATIONS[name], request)


@pytest.fixture
def listed(player: Player) -> Player:
    """A player whose account has a list, `{listId}`."""
    player.values["listId"] = play(player, LIST + "create", body={"Name": "limits"}).body["Id"]
    return player


def add(player: Player, image: np.ndarray, image_format: str = "PNG", **query: object) -> Answer:
    return play(player, IMAGE + "add_image", OF_LIST, content=encoded(image, image_format), content_type="image/gif", **query)


def archive_of(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def assert_refused(answer: Answer, status: int = 400, code: str = "BadRequest") -> str:
    assert (answer.status, answer.body["Error"]["Code"]) == (status, code)
    return answer.body["Error"]["Message"]


def test_the_same_picture_twice_is_409_and_another_list_takes_it(listed: Player):
    assert add(listed, pixels(1)).status == 200
    assert_refused(add(listed, pixels(1)), 409, "Conflict")
    assert_refused(add(listed, pixels(1), "BMP"), 409, "Conflict")
    listed.values["listId"] = play(listed, LIST + "create", body={}).body["Id"]
    assert add(listed, pixels(1)).status == 200


@named("side, status", [(127, 400), (128, 200)])
def test_a_picture_has_128_pixels_a_side_at_least(listed: Player, side: int, status: int):
    assert add(listed, pixels(1, side, 200)).status == status
    assert add(listed, pixels(2, 200, side)).status == status


@named("content", [b"no picture", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 100])
def test_what_is_no_picture_is_refused_and_not_repeated(listed: Player, content: bytes):
    assert_refused(play(listed, IMAGE + "add_image", OF_LIST, content=content, content_type="image/png"))


@named("tag, status", [("101", 200), ("0", 200), ("999999999", 200), ("101,403", 200), (",".join(map(str, range(20))), 200),
                       (",".join(map(str, range(21))), 400), ("1000000000", 400), ("-1", 400), ("1.5", 400), ("nudity", 400), ("٣", 400)])
def test_tags_are_up_to_twenty_whole_numbers(listed: Player, tag: str, status: int):
    assert add(listed, pixels(1), tag=tag).status == status


@named("label, status", [("🥕" * 256, 200), ("é" * 257, 400), ("a\tb\nc", 200), ("a\x01", 400)])
def test_a_label_has_up_to_256_characters_and_no_controls(listed: Player, label: str, status: int):
    answer = add(listed, pixels(1), label=label)
    assert answer.status == status
    assert status == 200 or label not in assert_refused(answer)


@named("distance, status", [("0", 200), ("31", 200), ("60", 200), ("61", 400), ("-1", 400), ("3.5", 400), ("", 400), ("far", 400),
                            ("٣", 400)])
def test_the_distance_of_matches_is_a_whole_number_up_to_60(listed: Player, distance: str, status: int):
    body = {"Metadata": {"MatchDistance": distance}}
    assert play(listed, LIST + "create", body=body).status == status
    answer = play(listed, LIST + "update", OF_LIST, body)
    assert answer.status == status
    assert status == 200 or "MatchDistance should be a whole number from 0 to 60" in assert_refused(answer)


@named("field", ["Name", "Description", "Metadata"])
def test_properties_are_taken_up_to_their_limits_and_one_more_is_refused(listed: Player, field: str):
    within, beyond, control = {
        "Name": ("🥕" * 128, "🥕" * 129, "\x01"), "Description": ("é" * 1024, "é" * 1025, "\x01"),
        "Metadata": ({f"{number:064}": "🥕" * 256 for number in range(20)}, {str(number): "" for number in range(21)}, {"a": "\x01"}),
    }[field]

    for name, path in ((LIST + "create", {}), (LIST + "update", OF_LIST)):
        assert play(listed, name, path, {field: within}).body[field] == within
        assert_refused(play(listed, name, path, {field: beyond}))
        assert_refused(play(listed, name, path, {field: control}))


def test_the_largest_properties_can_be_kept_beside_a_full_tail_of_the_index(listed: Player):
    most = {"Name": "🥕" * 128, "Description": "🥕" * 1024,
            "Metadata": {"🥕" * 62 + f"{number:02}": "🥕" * 256 for number in range(20)}}
    assert play(listed, LIST + "update", OF_LIST, most).status == 200
    csv = "\n".join(f"{number:064x}" for number in range(300))
    for at in range(0, 300, 5):
        lines = "\n".join(csv.split("\n")[at:at + 5]).encode()
        assert play(listed, "import_hashes", OF_LIST, content=lines).status == 200
    assert play(listed, LIST + "get_details", OF_LIST).body["Metadata"] == most["Metadata"]


@named("image_id", ["0", "-1", "1.0", "leek", "99999999999999999999", "٣", "999999999"])
def test_an_id_that_no_image_has_is_404_whatever_it_looks_like(listed: Player, image_id: str):
    assert_refused(play(listed, IMAGE + "delete_image", {**OF_LIST, "ImageId": image_id}), 404, "NotFound")


def test_an_image_at_an_address_that_may_not_be_reached_is_refused_and_a_cache_id_is_not_taken(listed: Player):
    for reference in ({"DataRepresentation": "URL", "Value": "http://127.0.0.1/turnip.png"},
                      {"dataRepresentation": "CacheID", "value": "x"}):
        assert_refused(play(listed, IMAGE + "add_image", OF_LIST, reference, content_type="application/json"))


def test_an_archive_is_reported_by_places_and_its_names_are_not_repeated(listed: Player):
    content = archive_of(kraken_png=encoded(pixels(1)), text_txt=b"kraken", two_png=encoded(pixels(2)), again_png=encoded(pixels(2)))

    answer = play(listed, "import_images", OF_LIST, content=content)

    assert [entry["Entry"] for entry in answer.body["Taken"]] == [1, 3]
    assert answer.body["AlreadyThere"] == [4]
    assert [entry["Entry"] for entry in answer.body["Refused"]] == [2]
    assert "kraken" not in str(answer.body)
    again = play(listed, "import_images", OF_LIST, content=content)
    assert (again.body["Taken"], again.body["AlreadyThere"]) == ([], [1, 3, 4])


def test_tags_and_labels_of_an_archive_come_from_its_manifest(listed: Player):
    manifest = b'label,file,tags\nA turnip,one.png,"101, 403"\n,two.png,bad\n'
    content = archive_of(one_png=encoded(pixels(1)), two_png=encoded(pixels(2)), tags_csv=manifest)

    answer = play(listed, "import_images", OF_LIST, content=content)

    assert [entry["Entry"] for entry in answer.body["Taken"]] == [1]
    assert answer.body["Refused"][0]["Reason"].endswith("at the most in tags.csv")
    assert ",101 403,A turnip" in play(listed, "export_hashes", OF_LIST).body


def damaged(content: bytes) -> bytes:
    """The picture's data are others than its checksum says."""
    place = content.index(b"\x89PNG") + 60
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1:]


def stored(content: bytes, **changes: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("one.png", content)
    made = bytearray(buffer.getvalue())
    for field, value in changes.items():
        for mark, offset in ((b"PK\x03\x04", {"flags": 6, "method": 8}[field]), (b"PK\x01\x02", {"flags": 8, "method": 10}[field])):
            place = made.index(mark) + offset
            made[place:place + 2] = value.to_bytes(2, "little")
    return bytes(made)


@named("content, reason", [
    (stored(encoded(pixels(1)), flags=1), "it is encrypted"), (stored(encoded(pixels(1)), method=14), "it is packed in another way"),
    (damaged(stored(encoded(pixels(1)))), "the archive is damaged here"),
    (archive_of(bomb_png=b"\x89PNG\r\n\x1a\n" + b"\0" * 50_000_000), "The image may have 4194304 bytes"),
    (archive_of(nested_zip=archive_of(one_png=encoded(pixels(1)))), "The image format must be one of")],
    ids=("encrypted", "packed otherwise", "damaged", "bomb", "nested"))  # a ZIP holds the time: not the same for every worker
def test_an_odd_entry_is_refused_alone(listed: Player, content: bytes, reason: str):
    answer = play(listed, "import_images", OF_LIST, content=content)

    assert answer.status == 200 and answer.body["Taken"] == []
    assert answer.body["Refused"][0]["Reason"].startswith(reason)


@named("content", [b"PK", b"PK\x05\x06" + b"\0" * 17, b"x" * 100, b"PK\x05\x06" + b"\xff" * 18,
                   b"PK\x06\x07" + b"\0" * 16 + b"PK\x05\x06" + b"\0" * 18, archive_of(tags_csv=b"name\nx\n", one_png=encoded(pixels(1)))],
       ids=("two letters", "cut", "letters", "far away", "no directory", "tags of nothing"))
def test_what_is_no_archive_that_can_be_read_is_refused_as_a_whole(listed: Player, content: bytes):
    assert_refused(play(listed, "import_images", OF_LIST, content=content))


@named("count, status", [(10_000, 200), (10_001, 400)])
def test_an_archive_has_up_to_10_000_images(listed: Player, count: int, status: int):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.png", b"x")
    answer = play(listed, "import_images", OF_LIST, content=buffer.getvalue())
    assert answer.status == status
    assert status == 400 or len(answer.body["Refused"]) == count


HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"


@named("csv", [HASH, f"{HASH},2880742865368386,2020-07-31T18:47:52+0000,media_type_photo disputed", f"hash,quality\n{HASH},50",
               f"collab,signal_type,signal_str,category,tags\nSamples,pdq,{HASH},WORTH_INVESTIGATING,", f"\ufeffHASH\r\n{HASH.upper()}\r\n",
               f"quality,hash,filename\n,{HASH},a.jpg"])
def test_hash_lists_are_read_in_the_forms_that_organisations_exchange(listed: Player, csv: str):
    answer = play(listed, "import_hashes", OF_LIST, content=csv.encode())

    assert (answer.status, answer.body["Taken"], answer.body["Refused"]) == (200, 1, 0)
    assert f"pdq,{HASH}," in play(listed, "export_hashes", OF_LIST).body


@named("line", [HASH[:-1], HASH + "0", "g" * 64, f"{HASH},49", f"{HASH},101", f"{HASH},-1", f"{HASH},100,{'1 ' * 21}",
                f"{HASH},,,{'x' * 257}", "\udcff" * 64])
def test_a_line_that_is_no_hash_is_refused_alone_and_not_repeated(listed: Player, line: str):
    body = f"hash,quality,tags,label\n{line}\n{HASH}".encode("utf-8", "surrogateescape")

    answer = play(listed, "import_hashes", OF_LIST, content=body)

    assert (answer.body["Taken"], [refused["Line"] for refused in answer.body["RefusedLines"]]) == (1, [2])
    assert HASH[:20] not in str(answer.body)


def test_what_is_exported_is_imported_elsewhere_and_matches_by_the_hash(listed: Player):
    add(listed, pixels(1), tag="101", label="one")
    csv = play(listed, "export_hashes", OF_LIST).body
    assert csv.startswith("signal_type,signal_str,quality,tags,label\r\npdq,") and csv.endswith(",101,one\r\n")
    listed.values["listId"] = play(listed, LIST + "create", body={}).body["Id"]

    answer = play(listed, "import_hashes", OF_LIST, content=csv.encode())

    assert answer.body["Taken"] == 1
    assert play(listed, "export_hashes", OF_LIST).body == csv
