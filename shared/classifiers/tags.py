"""The records of tags. Kind CV_TAG: one record per tag, parent = the project's generation, id = tag id; all of it is encrypted."""
from __future__ import annotations

from shared.classifiers.failures import Code, Missing
from shared.classifiers.models import Project, Tag, TagType
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CV_TAG


class TagRepository:
    def find(self, account: AccountStore, project: Project, tag_id: str) -> Tag | None:
        record = account.records.find(CV_TAG, tag_id, project.generation)
        return None if record is None else _tag(record)

    def get(self, account: AccountStore, project: Project, tag_id: str) -> Tag:
        """Raises Missing."""
        tag = self.find(account, project, tag_id)
        if tag is None:
            raise Missing(Code.NOT_FOUND_TAG, "The project has no tag with this id.")
        return tag

    def all(self, account: AccountStore, project: Project) -> list[Tag]:
        """The tags of the project, by name."""
        tags: list[Tag] = []
        after = None
        while True:
            page = account.records.page(CV_TAG, project.generation, after=after)
            tags += [_tag(record) for record in page.records]
            after = page.next_after
            if after is None:
                return sorted(tags, key=lambda tag: (tag.name, tag.id))

    def insert(self, account: AccountStore, project: Project, tag: Tag) -> None:
        account.records.insert(CV_TAG, _record(tag), project.generation)

    def upsert(self, account: AccountStore, project: Project, tag: Tag) -> None:
        """Write a tag that nobody else writes."""
        account.records.upsert_all(CV_TAG, [_record(tag)], project.generation)

    def replace(self, account: AccountStore, project: Project, tag: Tag) -> str:
        """Return the etag. Raises Conflict if the tag changed since it was read, NotFound if it is gone."""
        return account.records.replace(CV_TAG, _record(tag), project.generation)

    def delete(self, account: AccountStore, project: Project, tag: Tag) -> None:
        account.records.delete(CV_TAG, tag.id, project.generation)


def _tag(record: Record) -> Tag:
    content = record.content
    return Tag(record.id, content["name"], content["description"], TagType(content["type"]), record.etag)


def _record(tag: Tag) -> Record:
    return Record(tag.id, {"name": tag.name, "description": tag.description, "type": tag.type}, etag=tag.etag)
