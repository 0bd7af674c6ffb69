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
from dataclasses import dataclass, field, replace

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
    """`pending` says for an image which marks it has, each with the time it was made.

    `reserved` says for how many images more there must be room, each reservation with its number and time.
    """

    images: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pending: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reserved: Mapping[str, tuple[int, int]] = field(default_factory=dict)
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

    def reserve(self, account: AccountStore, generation: str, count: int) -> tuple[int, str]:
        """Find a roster that so many images more fit into, and keep the room. Return its number and the reservation."""
        reservation, now = secrets.token_hex(4), int(time.time())
        for attempt in tries():
            number = random.randrange(_FIRST_CHOICES if attempt < 8 else ROSTER_COUNT)
            record = account.records.find(CV_ROSTER, _key(number), generation)
            current = Roster() if record is None else _roster(record)
            valid = {each: kept for each, kept in current.reserved.items() if kept[1] > now - _MARK_SECONDS}
            if len(current.images) + sum(kept for kept, _ in valid.values()) + count > ROSTER_IMAGES:
                continue
            changed = replace(current, reserved={**valid, reservation: (count, now)})
            if self._write(account, generation, number, record, changed):
                return number, reservation
        raise busy()

    def add(self, account: AccountStore, generation: str, number: int, images: Mapping[str, Iterable[str]],
            reservation: str | None = None) -> None:
        """Add images, all of this roster, with their tags, in their reserved room; those that are there stay as they are."""
        def added(roster: Roster) -> Roster:
            new = {image_id: frozenset(tags) for image_id, tags in images.items() if image_id not in roster.images}
            return Roster({**roster.images, **new}, roster.pending,
                          {each: kept for each, kept in roster.reserved.items() if each != reservation})
        self._change(account, generation, number, added)

    def remove(self, account: AccountStore, generation: str, image_ids: Iterable[str]) -> None:
        for number, ids in _by_roster(image_ids).items():
            def removed(roster: Roster, ids: set[str] = ids) -> Roster:
                return Roster({image_id: tags for image_id, tags in roster.images.items() if image_id not in ids},
                              {image_id: marks for image_id, marks in roster.pending.items() if image_id not in ids}, roster.reserved)
            self._change(account, generation, number, removed)

    def mark(self, account: AccountStore, generation: str, image_ids: Iterable[str]) -> str:
        """Mark images before their tags are changed; return the mark."""
        mark, now = secrets.token_hex(4), int(time.time())
        for number, ids in _by_roster(image_ids).items():
            def marked(roster: Roster, ids: set[str] = ids) -> Roster:
                present = ids & roster.images.keys()
                return replace(roster, pending={**roster.pending, **{
                    image_id: {**roster.pending.get(image_id, {}), mark: now} for image_id in present}})
            self._change(account, generation, number, marked)
        return mark

    def settle(self, account: AccountStore, generation: str, mark: str, image_ids: Iterable[str],
               tags_of: Callable[[Iterable[str]], Mapping[str, Iterable[str]]]) -> None:
        """Write the tags of images and take away the mark, and old ones of workers that died.

        `tags_of` reads the images' records. It is asked after the roster was read: what another worker changes later has a
        mark of that worker's in the roster, or changes the roster under us.
        """
        oldest = int(time.time()) - _MARK_SECONDS
        for number, ids in _by_roster(image_ids).items():
            def settled(roster: Roster, ids: set[str] = ids) -> Roster:
                images, pending = dict(roster.images), dict(roster.pending)
                for image_id, tags in tags_of(sorted(ids & images.keys())).items():
                    images[image_id] = frozenset(tags)
                    marks = {each: made for each, made in pending.pop(image_id, {}).items() if each != mark and made > oldest}
                    if marks:
                        pending[image_id] = marks
                return replace(roster, images=images, pending=pending)
            self._change(account, generation, number, settled)

    def add_all(self, account: AccountStore, generation: str, images: Mapping[str, Iterable[str]]) -> None:
        """Add images of any rosters: of an index that is made anew."""
        for number, ids in _by_roster(images).items():
            self.add(account, generation, number, {image_id: images[image_id] for image_id in ids})

    def _change(self, account: AccountStore, generation: str, number: int, change: Callable[[Roster], Roster]) -> None:
        for _ in tries():
            record = account.records.find(CV_ROSTER, _key(number), generation)
            current = Roster() if record is None else _roster(record)
            changed = change(current)
            if changed == current or self._write(account, generation, number, record, changed):
                return
        raise busy()

    def _write(self, account: AccountStore, generation: str, number: int, record: Record | None, changed: Roster) -> bool:
        """Whether no other writer was faster."""
        try:
            if record is None:
                account.records.insert(CV_ROSTER, record_of(number, changed), generation)
            elif changed.images or changed.reserved:
                account.records.replace(CV_ROSTER, record_of(number, changed, record.etag), generation)
            else:
                account.records.delete(CV_ROSTER, _key(number), generation, record.etag)
        except (Conflict, NotFound):
            return False
        return True


def busy() -> Unavailable:
    return Unavailable("The images of the project are being changed by many requests; try again.")


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
    reserved = {each: (count, made) for each, (count, made) in record.content["reserved"].items()}
    return Roster(images, record.content["pending"], reserved, record.etag)


def record_of(number: int, roster: Roster, etag: str | None = None) -> Record:
    tags = sorted({tag_id for tag_ids in roster.images.values() for tag_id in tag_ids})
    numbers = {tag_id: position for position, tag_id in enumerate(tags)}
    images = {image_id: sorted(numbers[tag_id] for tag_id in tag_ids) for image_id, tag_ids in roster.images.items()}
    return Record(_key(number), {"tags": tags, "images": images, "pending": roster.pending, "reserved": roster.reserved}, etag=etag)
