"""The records of projects.

Kind CV_PROJECT: one record per project, id = project id; all but the generation is encrypted.
Kind CV_PROJECT_NAME: one record per name, id = a keyed hash of it.
"""
from __future__ import annotations

from datetime import datetime

from shared.classifiers.claims import Claims
from shared.classifiers.failures import Code, Missing
from shared.classifiers.models import ClassificationType, Project, ProjectStatus
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CV_PROJECT, CV_PROJECT_NAME


class ProjectRepository:
    def find(self, account: AccountStore, project_id: str) -> Project | None:
        record = account.records.find(CV_PROJECT, project_id)
        return None if record is None else _project(record)

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

    def names(self, account: AccountStore) -> Claims:
        """Who has which name."""
        return Claims(account, CV_PROJECT_NAME, None, "project name", lambda name, owner: (
            (project := self.find(account, owner)) is not None and project.name == name))


def _project(record: Record) -> Project:
    content = record.content
    kind = content["classificationType"]
    return Project(
        id=record.id, name=content["name"], description=content["description"], domain_id=content["domainId"],
        classification_type=None if kind is None else ClassificationType(kind),
        target_export_platforms=tuple(content["targetExportPlatforms"]), augmentation_methods=content["augmentationMethods"],
        created_at=datetime.fromisoformat(content["createdAt"]), last_modified_at=datetime.fromisoformat(content["lastModifiedAt"]),
        generation=record.plain["generation"], hash_key=content["hashKey"], status=ProjectStatus(content["status"]),
        iterations_made=content["iterationsMade"], training=content["training"], etag=record.etag)


def _record(project: Project) -> Record:
    return Record(project.id, {
        "name": project.name, "description": project.description, "domainId": project.domain_id,
        "classificationType": project.classification_type, "targetExportPlatforms": list(project.target_export_platforms),
        "augmentationMethods": dict(project.augmentation_methods), "createdAt": project.created_at.isoformat(),
        "lastModifiedAt": project.last_modified_at.isoformat(), "hashKey": project.hash_key,
        "iterationsMade": project.iterations_made, "training": project.training, "status": project.status,
    }, {"generation": project.generation}, project.etag)
