"""What the tests of image lists share: workers with their own caches, and what a list holds as each of them sees it."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.accounts.models import Account
from shared.bootstrap import services_of
from shared.image_lists.intake import new_image
from shared.image_lists.models import ImageReport, ListImage
from shared.image_lists.repository import ImageListRepository
from shared.settings import Settings
from shared.storage.account_store import AccountStore
from shared.storage.holdings import IMAGE_LIST_INDEX, LIST_IMAGE
from tests.integration.storage.wire import Wire
from tests.pictures import picture

COMPACTING = 16  # segments that are worth a compaction


class Worker:
    """One process: services with caches of its own, on the line that the test gives it, for one account.

    Pictures are numbers: the number of a picture that the tests make.
    """

    def __init__(self, settings: Settings, account: Account, wire: Wire | None = None) -> None:
        self.services = services_of(settings, **({} if wire is None else wire.options))
        self.store: AccountStore = self.services.accounts.open(account)
        self.lists = self.services.image_lists
        self.indexes = self.services.image_list_indexes
        self.repository = ImageListRepository()
        if wire is not None:
            wire.clear()

    def create(self, *pictures: int, name: str = "a list", **metadata: str) -> int:
        number = self.lists.create(self.store, name, "", metadata).number
        for each in pictures:
            self.add(number, each)
        return number

    def add(self, number: int, a_picture: int, tags: tuple[int, ...] = (), label: str | None = None) -> int:
        return self.lists.add(self.store, number, picture(a_picture), tags, str(a_picture) if label is None else label)

    def import_images(self, number: int, pictures: Iterable[int]) -> ImageReport:
        entries = ((at, new_image(picture(each), (), str(each))) for at, each in enumerate(pictures, 1))
        reports = list(self.lists.import_images(self.store, number, entries, 50))
        return ImageReport(*([part for report in reports for part in parts(report)]
                             for parts in (lambda report: report.taken, lambda report: report.already_there,
                                           lambda report: report.refused)))

    def matched(self, number: int | None, pictures: Iterable[int]) -> set[int]:
        """Those of these pictures that match, by label."""
        return {int(match.label) for each in pictures for match in self.lists.match(self.store, picture(each), number)}

    def listed(self, number: int) -> set[int]:
        """The pictures of the list by their rows."""
        return {int(image.image.label) for image in self.images(number)}

    def images(self, number: int) -> list[ListImage]:
        """The images that have a row."""
        generation = self.lists.get(self.store, number).index.generation
        return [image for _, image in self.repository.all_rows(self.store, generation)]

    def rows(self) -> int:
        return len(self.store.records.places(LIST_IMAGE.kind, None, 100_000)[0])

    def blobs(self) -> set[str]:
        return set(self.store.blobs.ids(IMAGE_LIST_INDEX))

    def named_blobs(self) -> set[str]:
        """The blobs that the manifests of all lists name."""
        return {f"{each.index.generation}/{segment.id}" for each in self.lists.all(self.store)
                for segment in (*([each.index.base] if each.index.base else []), *each.index.segments)}

    def run_jobs(self) -> None:
        """What the jobs of all deleted images and lists do, twice."""
        for _ in range(2):
            of_rows = {parent for parent, _ in self.store.records.places(LIST_IMAGE.kind, None, 100_000)[0] if parent}
            for generation in of_rows | {blob_id.partition("/")[0] for blob_id in self.blobs()}:
                self.lists.purge(self.store, generation)


def assert_agree(workers: Sequence[Worker], number: int, pictures: Iterable[int], expected: set[int] | None = None) -> set[int]:
    """What has a row is what every worker matches, and each has its content id in the index; return it."""
    pictures = list(pictures)
    seen = [workers[0].listed(number), *(worker.matched(number, pictures) for worker in workers)]
    assert all(each == (seen[0] if expected is None else expected) for each in seen), seen
    ids = {image.content_id for image in workers[0].images(number)}
    assert ids <= set(workers[0].lists.content_ids(workers[0].store, number))
    return seen[0]
