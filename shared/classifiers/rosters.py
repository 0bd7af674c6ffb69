"""Which images the workspace of a project has, and which tags they have: what every list and every count is made from.

Kind CV_ROSTER: rows of up to 80 images, parent = the project's generation, id = three hex digits that each image's id holds.
100,000 images are about 1,500 rows, which take some requests to read, where the images' own records would take a hundred.

The record of an image is the truth about its tags. A change of tags first marks the image as `pending` in its roster, then
replaces the record, then writes the tags into the roster and takes its mark away. Readers look at the record of an image
that is marked; so that a worker that dies in between leaves nothing wrong, only a mark, which a later writer takes away.
"""
from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from shared.classifiers.image_ids import ROSTER_COUNT, roster_of
from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CV_ROSTER
from shared.storage.turns import tries

ROSTER_IMAGES = 80
"""A row holds so many with 100 tags each, the ids of 500 tags and some marks: below 64 KiB."""
_FIRST_CHOICES = 2000
_MARK_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Roster:
    """`pending` says for an image which marks it has, each with the time it was made."""

    images: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pending: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    etag: str | None = field(default=None, compare=False)


class RosterRepository:
    def all(self, account: AccountStore, generation: str) -> Roster:
        """All rosters of a project as one."""
        images: dict[str, frozenset[str]] = {}
        pending: dict[str, Mapping[str, int]] = {}
        after = None
        while True:
            page = account.records.page(CV_ROSTER, generation, after=after)
            for record in page.records:
                roster = _roster(record)
                images.update(roster.images)
                pending.update(roster.pending)
            after = page.next_after
            if after is None:
                return Roster(images, pending)

    def of_images(self, account: AccountStore, generation: str, image_ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """Those of these images that the workspace has, with the tags that are written there."""
        wanted = set(image_ids)
        keys = sorted({_key(roster_of(image_id)) for image_id in wanted})
        return {image_id: tags for record in account.records.find_all(CV_ROSTER, keys, generation).values()
                for image_id, tags in _roster(record).images.items() if image_id in wanted}

    def number_with_room(self, account: AccountStore, generation: str, count: int) -> int:
        """A roster that so many images more fit into, as it is now."""
        for attempt in range(16):
            number = random.randrange(_FIRST_CHOICES if attempt < 8 else ROSTER_COUNT)
            record = account.records.find(CV_ROSTER, _key(number), generation)
            if record is None or len(record.content["images"]) + count <= ROSTER_IMAGES:
                return number
        raise Unavailable("There is no room for the images; try again.")

    def add(self, account: AccountStore, generation: str, images: Mapping[str, Iterable[str]]) -> set[str]:
        """Add images with their tags, of one roster; those that are there stay as they are. Return those that had no room."""
        left_out: set[str] = set()

        def added(roster: Roster) -> Roster:
            new = [image_id for image_id in images if image_id not in roster.images]
            room = ROSTER_IMAGES - len(roster.images)
            left_out.clear()
            left_out.update(new[room:])
            return Roster({**roster.images, **{image_id: frozenset(images[image_id]) for image_id in new[:room]}}, roster.pending)
        self._change(account, generation, roster_of(next(iter(images))), added)
        return left_out

    def remove(self, account: AccountStore, generation: str, image_ids: Iterable[str]) -> None:
        for number, ids in _by_roster(image_ids).items():
            def removed(roster: Roster, ids: set[str] = ids) -> Roster:
                return Roster({image_id: tags for image_id, tags in roster.images.items() if image_id not in ids},
                              {image_id: marks for image_id, marks in roster.pending.items() if image_id not in ids})
            self._change(account, generation, number, removed)

    def clear(self, account: AccountStore, generation: str) -> None:
        """Remove every image that the workspace has."""
        while True:
            ids, _ = account.records.ids(CV_ROSTER, generation)
            if not ids:
                return
            account.records.delete_all(CV_ROSTER, ids, generation)

    def mark(self, account: AccountStore, generation: str, image_ids: Iterable[str]) -> str:
        """Mark images before their tags are changed; return the mark."""
        mark, now = secrets.token_hex(4), int(time.time())
        for number, ids in _by_roster(image_ids).items():
            def marked(roster: Roster, ids: set[str] = ids) -> Roster:
                present = ids & roster.images.keys()
                return Roster(roster.images, {**roster.pending, **{
                    image_id: {**roster.pending.get(image_id, {}), mark: now} for image_id in present}})
            self._change(account, generation, number, marked)
        return mark

    def settle(self, account: AccountStore, generation: str, mark: str, tags_of: Mapping[str, Iterable[str]]) -> None:
        """Write the tags of images, as their records have them, and take away the mark, and old ones of workers that died."""
        oldest = int(time.time()) - _MARK_SECONDS
        for number, ids in _by_roster(tags_of).items():
            def settled(roster: Roster, ids: set[str] = ids) -> Roster:
                images, pending = dict(roster.images), dict(roster.pending)
                for image_id in ids & images.keys():
                    images[image_id] = frozenset(tags_of[image_id])
                    marks = {each: made for each, made in pending.pop(image_id, {}).items() if each != mark and made > oldest}
                    if marks:
                        pending[image_id] = marks
                return Roster(images, pending)
            self._change(account, generation, number, settled)

    def write(self, account: AccountStore, generation: str, images: Mapping[str, Iterable[str]]) -> None:
        """Make the rosters anew from these images and their tags: after an import. Raises ValueError where one has too many."""
        rosters: dict[int, dict[str, frozenset[str]]] = {}
        for image_id, tags in images.items():
            rosters.setdefault(roster_of(image_id), {})[image_id] = frozenset(tags)
        if any(len(each) > ROSTER_IMAGES for each in rosters.values()):
            raise ValueError("more images in a roster than it may have")
        account.records.upsert_all(CV_ROSTER, [_record(number, Roster(each)) for number, each in sorted(rosters.items())], generation)

    def _change(self, account: AccountStore, generation: str, number: int, change: Callable[[Roster], Roster]) -> None:
        for _ in tries():
            record = account.records.find(CV_ROSTER, _key(number), generation)
            current = Roster() if record is None else _roster(record)
            changed = change(current)
            if changed == current:
                return
            try:
                if not changed.images and record is not None:
                    account.records.delete(CV_ROSTER, _key(number), generation, record.etag)
                elif record is None:
                    account.records.insert(CV_ROSTER, _record(number, changed), generation)
                else:
                    account.records.replace(CV_ROSTER, _record(number, changed, record.etag), generation)
            except (Conflict, NotFound):
                continue
            return
        raise Unavailable("The images of the project are being changed by many requests; try again.")


def _by_roster(image_ids: Iterable[str]) -> dict[int, set[str]]:
    rosters: dict[int, set[str]] = {}
    for image_id in image_ids:
        rosters.setdefault(roster_of(image_id), set()).add(image_id)
    return rosters


def _key(number: int) -> str:
    return f"{number:03x}"


def _roster(record: Record) -> Roster:
    tags = record.content["tags"]
    images = {image_id: frozenset(tags[number] for number in numbers) for image_id, numbers in record.content["images"].items()}
    return Roster(images, record.content["pending"], record.etag)


def _record(number: int, roster: Roster, etag: str | None = None) -> Record:
    tags = sorted({tag_id for tag_ids in roster.images.values() for tag_id in tag_ids})
    numbers = {tag_id: position for position, tag_id in enumerate(tags)}
    images = {image_id: sorted(numbers[tag_id] for tag_id in tag_ids) for image_id, tag_ids in roster.images.items()}
    return Record(_key(number), {"tags": tags, "images": images, "pending": roster.pending}, etag=etag)
