"""The records of projects.

Kind CV_PROJECT: one record per project, id = project id; all but the generation is encrypted.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

from shared.classifiers.failures import Code, Missing
from shared.classifiers.models import ClassificationType, Project, ProjectStatus
from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CV_PROJECT
from shared.storage.turns import tries


class ProjectRepository:
    def __init__(self, index: Callable[[AccountStore, Project], None]) -> None:
        """`index` makes the rosters and claims of a project from its records: after an import, or an erasure of a kind."""
        self._index = index

    def find(self, account: AccountStore, project_id: str) -> Project | None:
        for _ in tries():
            record = account.records.find(CV_PROJECT, project_id)
            if record is None:
                return None
            project = _project(record)
            if project.is_indexed:
                return project
            self._index(account, project)
            try:
                self.replace(account, dataclasses.replace(project, is_indexed=True))
            except (Conflict, NotFound):
                continue
        raise Unavailable("The project is being changed by many requests; try again.")

    def get(self, account: AccountStore, project_id: str) -> Project:
        """Raises Missing."""
        project = self.find(account, project_id)
        if project is None:
            raise Missing(Code.NOT_FOUND_PROJECT, "There is no project with this id.")
        return project

    def all(self, account: AccountStore) -> list[Project]:
        """The projects of the account, the newest first."""
        projects: list[Project] = []
        after = None
        while True:
            page = account.records.page(CV_PROJECT, after=after)
            projects += [_project(record) for record in page.records]
            after = page.next_after
            if after is None:
                return sorted(projects, key=lambda project: (project.created_at, project.id), reverse=True)

    def insert(self, account: AccountStore, project: Project) -> str:
        """Return the etag. Raises Conflict if there is one with this id."""
        return account.records.insert(CV_PROJECT, _record(project))

    def replace(self, account: AccountStore, project: Project) -> str:
        """Return the etag. Raises Conflict if the project changed since it was read, NotFound if it is gone."""
        return account.records.replace(CV_PROJECT, _record(project))

    def delete(self, account: AccountStore, project: Project) -> None:
        """Raises Conflict if the project changed since it was read."""
        account.records.delete(CV_PROJECT, project.id, etag=project.etag)

    def has_generation(self, account: AccountStore, generation: str) -> bool:
        """Whether there is a project that owns what lies under this generation."""
        return any(project.generation == generation for project in self.all(account))


def _project(record: Record) -> Project:
    content = record.content
    kind = content["classificationType"]
    return Project(
        id=record.id, name=content["name"], description=content["description"], domain_id=content["domainId"],
        classification_type=None if kind is None else ClassificationType(kind),
        target_export_platforms=tuple(content["targetExportPlatforms"]), augmentation_methods=content["augmentationMethods"],
        created_at=datetime.fromisoformat(content["createdAt"]), last_modified_at=datetime.fromisoformat(content["lastModifiedAt"]),
        generation=record.plain["generation"], hash_key=content["hashKey"], status=ProjectStatus(content["status"]),
        iterations_made=content["iterationsMade"], training=content["training"], is_indexed=content["isIndexed"], etag=record.etag)


def _record(project: Project) -> Record:
    return Record(project.id, {
        "name": project.name, "description": project.description, "domainId": project.domain_id,
        "classificationType": project.classification_type, "targetExportPlatforms": list(project.target_export_platforms),
        "augmentationMethods": dict(project.augmentation_methods), "createdAt": project.created_at.isoformat(),
        "lastModifiedAt": project.last_modified_at.isoformat(), "hashKey": project.hash_key,
        "iterationsMade": project.iterations_made, "training": project.training, "status": project.status, "isIndexed": project.is_indexed,
    }, {"generation": project.generation}, project.etag)
