"""Image lists of a live Content Moderator: what can be read of them, and lists like them elsewhere, without their images."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from azure.cognitiveservices.vision.contentmoderator import ContentModeratorClient
from azure.cognitiveservices.vision.contentmoderator.models import Body

from dev.account_client import CommandFailed

_IDS_SHOWN = 10
Again = Callable[[Callable[[], Any]], Any]
"""What a call brings, asked for several times where the service is busy. Raises CommandFailed."""


@dataclass
class CopiedImageList:
    """What became of one list. `content_ids` is None where the source does not tell them."""

    source_id: int
    name: str
    content_ids: list[int] | None = None
    target_id: int | None = None
    problem: str = ""


def copied_image_lists(source: ContentModeratorClient, target: ContentModeratorClient | None, again: Again) -> list[CopiedImageList] | None:
    """None where the source does not tell of image lists. A list that the target has already is not made twice."""
    try:
        lists = again(source.list_management_image_lists.get_all_image_lists)
        there = again(target.list_management_image_lists.get_all_image_lists) if target else []
    except CommandFailed:
        return None
    unclaimed = [(each.id, properties(each)) for each in there]
    return [_copied(source, target, again, each, unclaimed) for each in lists]


def image_list_lines(copied: list[CopiedImageList] | None) -> list[str]:
    """What the report says of them."""
    if copied is None:
        return ["image lists: the source does not tell of any"]
    lines = [f"{len(copied)} image lists; their images cannot be copied: Content Moderator keeps hashes and gives neither pictures nor "
             "hashes back; add the pictures again from where you have them"]
    for each in copied:
        came = f" -> list {each.target_id}, empty" if each.target_id else ""
        lines.append(f"  image list {each.source_id} {ascii(each.name)[1:-1]}: {_told(each.content_ids)}{came}")
        lines += [f"    not copied: {each.problem}"] if each.problem else []
    return lines


def properties(of_list: Any) -> tuple[str, str, dict[str, str]]:
    """Name, description and metadata of a list of either kind."""
    return of_list.name or "", of_list.description or "", dict(of_list.metadata or {})


def _copied(source: ContentModeratorClient, target: ContentModeratorClient | None, again: Again, source_list: Any,
            unclaimed: list[tuple[int, tuple[str, str, dict[str, str]]]]) -> CopiedImageList:
    copied = CopiedImageList(source_list.id, source_list.name or "")
    wanted = properties(source_list)
    try:
        copied.content_ids = again(lambda: source.list_management_image.get_all_image_ids(str(source_list.id))).content_ids or []
        found = next((entry for entry in unclaimed if entry[1] == wanted), None)
        if found is not None:
            unclaimed.remove(found)
            copied.target_id = found[0]
        elif target:
            name, description, metadata = wanted
            copied.target_id = again(lambda: target.list_management_image_lists.create(
                "application/json", Body(name=name, description=description, metadata=metadata))).id
    except CommandFailed as failure:
        copied.problem = str(failure)
    return copied


def _told(content_ids: list[int] | None) -> str:
    if not content_ids:
        return "no images" if content_ids is not None else "the source does not tell its images"
    shown = ", ".join(map(str, content_ids[:_IDS_SHOWN]))
    more = f" and {len(content_ids) - _IDS_SHOWN:,} more" if len(content_ids) > _IDS_SHOWN else ""
    return f"{len(content_ids):,} images (content ids {shown}{more})"
