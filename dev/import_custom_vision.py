"""`python3 dev import-custom-vision --from URL --key KEY --to URL --to-key KEY`: copy projects out of a live Custom Vision.

Everything goes through the official client on both sides; pictures are fetched from the addresses that it gives. Without
--to nothing is written: the report says what there is. Giving the command again is safe: a project of the same name is gone
on with, a tag of the same name is used, and an image is there once.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training.models import (
    CustomVisionErrorException,
    ImageFileCreateBatch,
    ImageFileCreateEntry,
    ImageRegionCreateEntry,
    ImageTagCreateEntry,
    Region,
)
from msrest.authentication import ApiKeyCredentials
from msrest.exceptions import ClientException

from dev.account_client import KEY_VARIABLE, CommandFailed, key_from
from dev.progress import ProgressBar

SOURCE_KEY_VARIABLE = "CUSTOM_VISION_KEY"
_PAGE = 256
_IMAGES_AT_ONCE = 16
_LINKS_AT_ONCE = 64
_TRIES = 6
_SHOWN = 20
_PICTURE_SECONDS = 60
T = TypeVar("T")


class Unwilling(CommandFailed):
    """A service answered, and did not do it."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"the service answered {status} {code}".rstrip())
        self.status = status


@dataclass
class CopiedProject:
    """What became of one project; `problems` are sentences for the terminal."""

    name: str
    target_id: str | None = None
    tags: int = 0
    images: int = 0
    taken: int = 0
    already_there: int = 0
    problems: list[str] = field(default_factory=list)


def main(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    try:
        source = client_of(arguments.source, arguments.key or os.environ.get(SOURCE_KEY_VARIABLE, ""), SOURCE_KEY_VARIABLE)
        target = client_of(arguments.to, key_from(arguments.to_key), KEY_VARIABLE) if arguments.to else None
        copied = Copy(source, target, is_local(arguments.source)).run(arguments.project)
    except CommandFailed as failure:
        print(f"import-custom-vision: {failure}", file=sys.stderr)
        return 1
    print(report(copied, is_written=target is not None))
    return 1 if any(each.problems for each in copied) else 0


def is_local(endpoint: str) -> bool:
    """A proxy of the environment has no business between two processes of this machine."""
    return urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")


def client_of(endpoint: str, key: str, variable: str) -> CustomVisionTrainingClient:
    """The official client. Raises CommandFailed where address or key cannot be one."""
    if urlsplit(endpoint).scheme not in ("http", "https"):
        raise CommandFailed("an endpoint must begin with https:// or http://")
    if not key:
        raise CommandFailed(f"give the key with --key or in {variable}")
    client = CustomVisionTrainingClient(endpoint.rstrip("/"), ApiKeyCredentials(in_headers={"Training-key": key}))
    client.config.proxies.use_env_settings = not is_local(endpoint)
    return client


class Copy:
    def __init__(self, source: CustomVisionTrainingClient, target: CustomVisionTrainingClient | None, source_is_local: bool) -> None:
        self._source = source
        self._target = target
        self._pictures = httpx.Client(timeout=_PICTURE_SECONDS, follow_redirects=True, trust_env=not source_is_local)

    def run(self, name: str | None) -> list[CopiedProject]:
        """Raises CommandFailed where the source cannot be read at all; what is wrong with one project is noted with it."""
        projects = [each for each in again(self._source.get_projects) if name is None or each.name == name]
        if name is not None and not projects:
            raise CommandFailed("there is no project of this name")
        bar, copied = ProgressBar("copying"), []
        for place, project in enumerate(projects):
            copied.append(CopiedProject(project.name))
            try:
                self._copy(project, copied[-1], lambda done, total, place=place: bar.show(
                    place + (done / total if total else 1), len(projects),
                    f"project {place + 1} of {len(projects)}: {done:,} of {total:,} images"))
            except CommandFailed as failure:
                copied[-1].problems.append(f"the rest of the project: {failure}")
        bar.show(1, 1, f"{sum(each.images for each in copied):,} images")
        bar.close()
        return copied

    def _copy(self, project: Any, copied: CopiedProject, show: Callable[[int, int], None]) -> None:
        total = again(lambda: self._source.get_image_count(project.id))
        tags = again(lambda: self._source.get_tags(project.id))
        copied.tags = len(tags)
        tag_ids: dict[str, str] = {}
        if self._target:
            copied.target_id = self._project_for(project)
            tag_ids = self._tags_for(copied, tags)
        show(0, total)
        for images in self._pages(project.id):
            for start in range(0, len(images), _IMAGES_AT_ONCE):
                stretch = images[start:start + _IMAGES_AT_ONCE]
                if copied.target_id:
                    self._copy_images(copied, stretch, tag_ids)
                copied.images += len(stretch)
                show(copied.images, total)

    def _project_for(self, project: Any) -> str:
        """The id of the project that this one goes into: of one of the same name, or of a new one."""
        for each in again(self._target.get_projects):
            if each.name == project.name:
                return each.id
        settings = project.settings
        return again(lambda: self._target.create_project(
            project.name, description=project.description or "", domain_id=settings.domain_id,
            classification_type=settings.classification_type, target_export_platforms=settings.target_export_platforms or None)).id

    def _tags_for(self, copied: CopiedProject, tags: list[Any]) -> dict[str, str]:
        known = {tag.name: tag.id for tag in again(lambda: self._target.get_tags(copied.target_id))}
        tag_ids = {}
        for tag in tags:
            try:
                tag_ids[tag.id] = known.get(tag.name) or again(lambda tag=tag: self._target.create_tag(
                    copied.target_id, tag.name, description=tag.description, type=tag.type)).id
            except Unwilling as failure:
                copied.problems.append(f"tag {ascii(tag.name)}: {failure}")
        return tag_ids

    def _pages(self, project_id: str) -> Iterator[list[Any]]:
        """The oldest first, so that images that come meanwhile move none."""
        skip = 0
        while images := again(lambda skip=skip: self._source.get_images(
                project_id, order_by="Oldest", take=_PAGE, skip=skip)):
            yield images
            skip += len(images)

    def _copy_images(self, copied: CopiedProject, images: list[Any], tag_ids: dict[str, str]) -> None:
        entries = []
        for image in images:
            try:
                content = again(lambda image=image: self._picture(image.original_image_uri))
            except CommandFailed as failure:
                copied.problems.append(f"image {image.id}: its picture: {failure}")
                continue
            left_out = {tag.tag_id for tag in image.tags or ()} - tag_ids.keys()
            if left_out:
                copied.problems.append(f"image {image.id}: {len(left_out)} of its tags")
            entries.append((image, ImageFileCreateEntry(
                name=image.id, contents=content, tag_ids=[tag_ids[tag.tag_id] for tag in image.tags or () if tag.tag_id in tag_ids],
                regions=[Region(tag_id=tag_ids[each.tag_id], left=each.left, top=each.top, width=each.width, height=each.height)
                         for each in image.regions or () if each.tag_id in tag_ids])))
        # Metadata is that of a whole batch.
        by_metadata = sorted(entries, key=lambda entry: _pairs(entry[0]))
        for pairs, group in groupby(by_metadata, key=lambda entry: _pairs(entry[0])):
            members = list(group)
            summary = again(lambda members=members, pairs=pairs: self._target.create_images_from_files(
                copied.target_id, ImageFileCreateBatch(images=[entry for _, entry in members], metadata=dict(pairs) or None)))
            for (image, entry), result in zip(members, summary.images, strict=True):
                if result.status == "OK":
                    copied.taken += 1
                elif result.status == "OKDuplicate" and result.image is not None:
                    copied.already_there += 1
                    self._complete(copied, result.image, image, entry)
                else:
                    copied.problems.append(f"image {image.id}: {result.status}")

    def _complete(self, copied: CopiedProject, present: Any, image: Any, entry: ImageFileCreateEntry) -> None:
        """Give an image that was there what the source's has beyond it: of equal pictures the source may have several."""
        has = {tag.tag_id for tag in present.tags or ()}
        links = [ImageTagCreateEntry(image_id=present.id, tag_id=tag_id) for tag_id in entry.tag_ids if tag_id not in has]
        regions = [ImageRegionCreateEntry(image_id=present.id, tag_id=each.tag_id, left=each.left, top=each.top, width=each.width,
                                          height=each.height) for each in entry.regions]
        try:
            if links:
                again(lambda: self._target.create_image_tags(copied.target_id, tags=links))
            for start in range(0, len(regions), _LINKS_AT_ONCE):
                again(lambda start=start: self._target.create_image_regions(
                    copied.target_id, regions=regions[start:start + _LINKS_AT_ONCE]))
        except CommandFailed as failure:
            copied.problems.append(f"image {image.id}: tags or regions: {failure}")

    def _picture(self, address: str) -> bytes:
        answer = self._pictures.get(address)
        if answer.status_code != 200:
            raise Unwilling(answer.status_code, "")
        return answer.content


def report(copied: list[CopiedProject], is_written: bool) -> str:
    """What was read, what came of it, and what could not be taken."""
    lines = [f"{len(copied)} projects"]
    for each in copied:
        came = f" -> project {each.target_id}: {each.taken:,} new, {each.already_there:,} there before" if each.target_id else ""
        lines.append(f"  {ascii(each.name)[1:-1]}: {each.tags:,} tags, {each.images:,} images{came}")
        lines += [f"    not taken: {problem}" for problem in each.problems[:_SHOWN]]
        if len(each.problems) > _SHOWN:
            lines.append(f"    not taken: {len(each.problems) - _SHOWN:,} more")
    if not is_written:
        lines.append("nothing was written: give --to and --to-key to copy them")
    lines.append("iterations, their performance, models and stored predictions have no operation that gives them away: train again here")
    return "\n".join(lines)


def again(act: Callable[[], T]) -> T:
    """What it brings; where there is no answer, or the service is busy, asked for several times. Raises CommandFailed."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return act()
        except CustomVisionErrorException as error:
            status = error.response.status_code if error.response is not None else 0
            failure: CommandFailed = Unwilling(status, getattr(error.error, "code", "") or "")
        except Unwilling as error:
            status, failure = error.status, error
        except (ClientException, httpx.HTTPError, TypeError) as error:  # the client cannot read an error without a body
            status, failure = 0, CommandFailed(f"no answer: {type(error).__name__}")
        if not tries_left or (status and status not in (429, 500, 502, 503, 504)):
            raise failure
        time.sleep(2 ** (_TRIES - tries_left) / 4)
    raise AssertionError("the loop returns or raises")


def _pairs(image: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((image.metadata or {}).items()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 dev import-custom-vision", description="Copy projects out of a live Custom Vision.")
    parser.add_argument("--from", dest="source", required=True, metavar="URL", help="endpoint of the training resource")
    parser.add_argument("--key", help=f"its training key; better in the environment, as {SOURCE_KEY_VARIABLE}, where ps does not show it")
    parser.add_argument("--to", metavar="URL", help="address of this service; without it nothing is written")
    parser.add_argument("--to-key", help=f"key of the account; better in the environment, as {KEY_VARIABLE}")
    parser.add_argument("--project", metavar="NAME", help="the one project to copy; all unless given")
    return parser
