"""What projects, tags and images must be beyond their schemas to be taken from an archive, and what follows an import."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.classifiers import domains
from shared.classifiers.failures import Refused
from shared.classifiers.image_ids import images_of_region, roster_of
from shared.classifiers.image_rules import check_box
from shared.classifiers.models import Box, DomainType, TagType
from shared.classifiers.project_service import ProjectService
from shared.classifiers.rosters import ROSTER_IMAGES
from shared.errors import InvalidRequest
from shared.storage.account_store import AccountStore

Check = Callable[[Sequence[Mapping[str, Any]]], None]


class ImportedProjects:
    def __init__(self, service: ProjectService, project_limit: int, tag_limit: int, image_limit: int) -> None:
        self._service = service
        self._project_limit = project_limit
        self._tag_limit = tag_limit
        self._image_limit = image_limit

    def projects(self, owner: Mapping[str, Any]) -> Check:
        """Raises InvalidRequest whose `target` is the number of the wrong one, as the others do."""
        count = 0

        def check(projects: Sequence[Mapping[str, Any]]) -> None:
            nonlocal count
            for number, project in enumerate(projects):
                count += 1
                domain = domains.find(project["domainId"])
                if domain is None:
                    raise InvalidRequest("its domain is none of the published ones", str(number))
                if (domain.type is DomainType.OBJECT_DETECTION) is not (project["classificationType"] is None):
                    raise InvalidRequest("a project for classification has a classification type, one for object detection has none",
                                         str(number))
                if count > self._project_limit:
                    raise InvalidRequest(f"the account would have more than {self._project_limit} projects", str(number))
        return check

    def tags(self, project: Mapping[str, Any]) -> Check:
        names: set[str] = set()
        types: Counter[str] = Counter()

        def check(tags: Sequence[Mapping[str, Any]]) -> None:
            for number, tag in enumerate(tags):
                types[tag["type"]] += 1
                if tag["name"] in names:
                    raise InvalidRequest("another tag of its project has its name", str(number))
                if tag["type"] != TagType.REGULAR and types[tag["type"]] > 1:
                    raise InvalidRequest(f"its project has another tag of the type {tag['type']}", str(number))
                names.add(tag["name"])
                if len(names) > self._tag_limit:
                    raise InvalidRequest(f"the project would have more than {self._tag_limit} tags", str(number))
        return check

    def images(self, project: Mapping[str, Any]) -> Check:
        rosters: Counter[int] = Counter()

        def check(images: Sequence[Mapping[str, Any]]) -> None:
            for number, image in enumerate(images):
                if image["inWorkspace"]:
                    rosters[roster_of(image["id"])] += 1
                    if rosters[roster_of(image["id"])] > ROSTER_IMAGES:
                        raise InvalidRequest(f"more than {ROSTER_IMAGES} images of its project share the number in its id", str(number))
                if rosters.total() > self._image_limit:
                    raise InvalidRequest(f"the project would have more than {self._image_limit} images", str(number))
                for region_id, tag_id, left, top, width, height, _ in image["regions"]:
                    first, last = images_of_region(region_id)
                    try:
                        check_box(Box(left, top, width, height))
                    except Refused:
                        raise InvalidRequest("a region does not lie within the image", str(number)) from None
                    if not first <= image["id"] <= last or tag_id not in image["tags"]:
                        raise InvalidRequest("a region has an id or a tag that is none of the image's", str(number))
        return check

    def follow_import(self, account: AccountStore, project_id: str) -> None:
        """After a project came: make its rosters, and another name where one that was there has its own."""
        self._service.make_unique(account, project_id)
