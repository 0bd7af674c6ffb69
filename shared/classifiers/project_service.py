"""Projects: what they may be, and their end with all that they own."""
from __future__ import annotations

import dataclasses
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from shared.classifiers import domains
from shared.classifiers.failures import Code, Refused
from shared.classifiers.models import AUGMENTATION_METHODS, EXPORT_PLATFORMS, ClassificationType, Domain, DomainType, Project, ProjectStatus
from shared.classifiers.projects import ProjectRepository
from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.turns import tries

DELETE_PROJECT = "delete-classifier-project"
DELETION_DELAY_SECONDS = 600
NAME_CHARACTERS = 128
DESCRIPTION_CHARACTERS = 1024


@dataclasses.dataclass(frozen=True, slots=True)
class ProjectSettings:
    """None leaves what there is, or what is the default."""

    domain_id: str | None = None
    classification_type: str | None = None
    target_export_platforms: Sequence[str] | None = None
    augmentation_methods: Mapping[str, bool] | None = None


class ProjectService:
    def __init__(self, projects: ProjectRepository, jobs: JobQueue, delete_owned: Callable[[AccountStore, str], None],
                 project_limit: int, now: Callable[[], datetime]) -> None:
        """`delete_owned` deletes whatever lies under a project's generation."""
        self._projects = projects
        self._jobs = jobs
        self._delete_owned = delete_owned
        self._project_limit = project_limit
        self._now = now

    def create(self, account: AccountStore, name: str, description: str, settings: ProjectSettings,
               status: ProjectStatus = ProjectStatus.SUCCEEDED, hash_key: str | None = None) -> Project:
        """Raises Refused. A copy has the hash key of what it was copied from."""
        _check_texts(name, description)
        domain = _domain(settings.domain_id or domains.GENERAL)
        now = self._now()
        project = Project(
            id=str(uuid.uuid4()), name=name, description=description, domain_id=domain.id,
            classification_type=_classification_type(domain, settings.classification_type, ClassificationType.MULTILABEL),
            target_export_platforms=_platforms(settings.target_export_platforms or ()),
            augmentation_methods={**dict.fromkeys(AUGMENTATION_METHODS, True), **_methods(settings.augmentation_methods or {})},
            created_at=now, last_modified_at=now, generation=uuid.uuid4().hex, hash_key=hash_key or secrets.token_hex(32), status=status)
        if len(self._projects.all(account)) >= self._project_limit:
            raise Refused(Code.PROJECT_LIMIT, f"The account has {self._project_limit} projects, and may not have more.")
        self._check_unique(account, project)
        inserted = dataclasses.replace(project, etag=self._projects.insert(account, project))
        try:
            self._check_unique(account, inserted)  # of two requests at the same time one sees the other
        except Refused:
            self._projects.delete(account, inserted)
            raise
        return inserted

    def free_name(self, account: AccountStore, name: str) -> str:
        """The name, or with the first number behind it that no project has yet."""
        taken = {project.name for project in self._projects.all(account)}
        tail = next(tail for tail in ("", *(f" ({number})" for number in range(1, len(taken) + 2)))
                    if name[:NAME_CHARACTERS - len(tail)] + tail not in taken)
        return name[:NAME_CHARACTERS - len(tail)] + tail

    def get(self, account: AccountStore, project_id: str) -> Project:
        """Raises Missing."""
        return self._projects.get(account, project_id)

    def all(self, account: AccountStore) -> list[Project]:
        """The projects of the account, the newest first."""
        return self._projects.all(account)

    def update(self, account: AccountStore, project_id: str, name: str | None, description: str | None,
               settings: ProjectSettings) -> Project:
        """Change what is given. Raises Missing, Refused."""
        for _ in tries():
            current = self._projects.get(account, project_id)
            changed = dataclasses.replace(
                _with_settings(current, settings), name=current.name if name is None else name,
                description=current.description if description is None else description, last_modified_at=self._now())
            _check_texts(changed.name, changed.description)
            if changed.name != current.name:
                self._check_unique(account, changed)
            try:
                changed = dataclasses.replace(changed, etag=self._projects.replace(account, changed))
            except (Conflict, NotFound):
                continue
            if changed.name != current.name:
                try:
                    self._check_unique(account, changed)
                except Refused:
                    self._projects.replace(account, dataclasses.replace(current, etag=changed.etag))
                    raise
            return changed
        raise busy()

    def make_unique(self, account: AccountStore, project_id: str) -> None:
        """Give a project that came with an import a free name, where another one has its own. Raises Missing."""
        for _ in tries():
            project = self._projects.get(account, project_id)
            if all(other.name != project.name for other in self._projects.all(account) if other.id != project_id):
                return
            try:
                self._projects.replace(account, dataclasses.replace(project, name=self.free_name(account, project.name)))
            except Conflict:
                continue
            return
        raise busy()

    def finish(self, account: AccountStore, project_id: str, status: ProjectStatus) -> None:
        """Say how the copying of a project ended. Raises Missing."""
        for _ in tries():
            try:
                self._projects.replace(account, dataclasses.replace(self._projects.get(account, project_id), status=status))
            except Conflict:
                continue
            return
        raise busy()

    def delete(self, account: AccountStore, project_id: str) -> None:
        """The project is gone at once, and jobs delete what it owned. Raises Missing."""
        for _ in tries():
            project = self._projects.get(account, project_id)
            # Queued before the project is deleted, so that nothing is left behind if this process ends between the two;
            # a job does nothing while the project is there, hence the delay, and the second job for promptness.
            self._jobs.send(DELETE_PROJECT, account.account_id, project.generation, DELETION_DELAY_SECONDS)
            try:
                self._projects.delete(account, project)
            except Conflict:
                continue
            self._jobs.send(DELETE_PROJECT, account.account_id, project.generation)
            return
        raise busy()

    def purge(self, account: AccountStore, generation: str) -> None:
        """Job: delete what a deleted project left behind. Nothing happens while the project is there."""
        if not self._projects.has_generation(account, generation):
            self._delete_owned(account, generation)

    def _check_unique(self, account: AccountStore, project: Project) -> None:
        if any(other.name == project.name and other.id != project.id for other in self._projects.all(account)):
            raise Refused(Code.PROJECT_NAME_NOT_UNIQUE, "Another project has this name.", "name")


def busy() -> Unavailable:
    return Unavailable("The project is being changed by many requests; try again.")


def _check_texts(name: str, description: str) -> None:
    if not name.strip() or len(name) > NAME_CHARACTERS:
        raise Refused(Code.PROJECT_NAME, f"The name of a project has 1 to {NAME_CHARACTERS} characters.", "name")
    if len(description) > DESCRIPTION_CHARACTERS:
        raise Refused(Code.PROJECT_DESCRIPTION, f"The description of a project has {DESCRIPTION_CHARACTERS} characters at the most.",
                      "description")


def _with_settings(project: Project, settings: ProjectSettings) -> Project:
    old, new = domains.get(project.domain_id), _domain(settings.domain_id or project.domain_id)
    if old.type is not new.type:
        raise Refused(Code.UNSUPPORTED_DOMAIN_TYPE_CHANGE, f"A project for {old.type} keeps to domains of this type.", "domainId")
    platforms, methods = settings.target_export_platforms, settings.augmentation_methods
    return dataclasses.replace(
        project, domain_id=new.id,
        classification_type=_classification_type(new, settings.classification_type, project.classification_type),
        target_export_platforms=project.target_export_platforms if platforms is None else _platforms(platforms),
        augmentation_methods={**project.augmentation_methods, **_methods(methods or {})})


def _domain(domain_id: str) -> Domain:
    domain = domains.find(domain_id)
    if domain is None:
        raise Refused(Code.UNKNOWN_DOMAIN, "There is no domain with this id; GET domains lists those that there are.", "domainId")
    return domain


def _classification_type(domain: Domain, given: str | None, otherwise: ClassificationType | None) -> ClassificationType | None:
    """None for object detection, whatever is given."""
    if given is not None and given not in set(ClassificationType):
        raise Refused(Code.UNKNOWN_CLASSIFICATION, f"The classification type is {' or '.join(ClassificationType)}.", "classificationType")
    if domain.type is DomainType.OBJECT_DETECTION:
        return None
    return ClassificationType(given) if given else otherwise


def _platforms(given: Sequence[str]) -> tuple[str, ...]:
    if not set(given) <= set(EXPORT_PLATFORMS):
        raise Refused(Code.UNSUPPORTED_EXPORT_PLATFORM, f"A target platform is one of {', '.join(EXPORT_PLATFORMS)}.",
                      "targetExportPlatforms")
    return tuple(dict.fromkeys(given))


def _methods(given: Mapping[str, bool]) -> Mapping[str, bool]:
    if not given.keys() <= set(AUGMENTATION_METHODS):
        raise Refused(Code.IMAGE_PREPROCESSING_SETTINGS, f"An augmentation method is one of {', '.join(AUGMENTATION_METHODS)}.",
                      "imageProcessingSettings.augmentationMethods")
    return given
