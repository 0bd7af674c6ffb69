"""Domains and projects: the wire."""
from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, RootModel

from shared.api.custom_vision.wire import Id, Moment, ProjectPath, Wire, separated, training
from shared.classifiers import domains
from shared.classifiers.failures import Code, Refused
from shared.classifiers.models import Domain, Project
from shared.classifiers.project_copies import ProjectExport
from shared.classifiers.project_service import ProjectSettings
from shared.errors import NotFound
from shared.http.operation import Auth, Call

PREVIEW = "v3.4-preview"


class DomainPath(Wire):
    domain_id: Id


class DomainBody(Wire):
    """`exportablePlatforms` are those that this service makes; 3.3 has none of the property."""

    id: str
    name: str
    type: str
    exportable: bool
    enabled: bool
    exportable_platforms: list[str] | None = Field(None, exclude_if=lambda value: value is None)
    model_information: None = None

    @classmethod
    def of(cls, domain: Domain, version: str | None) -> DomainBody:
        return cls(id=domain.id, name=domain.name, type=domain.type, exportable=domain.is_exportable, enabled=True,
                   exportable_platforms=list(domain.exportable_platforms) if version == PREVIEW else None)


class DomainBodies(RootModel[list[DomainBody]]):
    pass


class StorageOptions(Wire):
    """Storage of the caller's that the published service writes to."""

    export_model_container_uri: str | None = Field(None, max_length=2048)
    notification_queue_uri: str | None = Field(None, max_length=2048)


class NewProject(StorageOptions):
    name: str
    description: str | None = None
    domain_id: Id | None = None
    classification_type: str | None = None
    target_export_platforms: Annotated[list[str] | None, BeforeValidator(separated)] = None


class ImageProcessing(Wire):
    augmentation_methods: dict[str, bool] | None = None


class Settings(StorageOptions):
    domain_id: Id | None = None
    classification_type: str | None = None
    target_export_platforms: list[str] | None = None
    use_negative_set: bool | None = None
    detection_parameters: str | None = None
    image_processing_settings: ImageProcessing | None = None

    @classmethod
    def of(cls, project: Project) -> Settings:
        return cls(domain_id=project.domain_id, classification_type=project.classification_type,
                   target_export_platforms=list(project.target_export_platforms), use_negative_set=True,
                   image_processing_settings=ImageProcessing(augmentation_methods=dict(project.augmentation_methods)))


class ProjectPatch(Wire):
    name: str | None = None
    description: str | None = None
    settings: Settings | None = None


class ProjectBody(Wire):
    id: str
    name: str
    description: str
    settings: Settings
    created: Moment
    last_modified: Moment
    thumbnail_uri: None = None
    dr_mode_enabled: bool = False
    status: str

    @classmethod
    def of(cls, project: Project) -> ProjectBody:
        return cls(id=project.id, name=project.name, description=project.description, settings=Settings.of(project),
                   created=project.created_at, last_modified=project.last_modified_at, status=project.status)


class ProjectBodies(RootModel[list[ProjectBody]]):
    pass


class ProjectExportBody(Wire):
    iteration_count: int
    image_count: int
    tag_count: int
    region_count: int
    estimated_import_time: int = Field(alias="estimatedImportTimeInMS")
    token: str

    @classmethod
    def of(cls, export: ProjectExport) -> ProjectExportBody:
        return cls(iteration_count=export.iterations, image_count=export.images, tag_count=export.tags, region_count=export.regions,
                   estimated_import_time=export.import_milliseconds, token=export.token)


class ImportQuery(Wire):
    token: str = Field(max_length=2000)
    name: str | None = None


@training.operation("GET", "domains", auth=Auth.ACCOUNT)
def get_domains(call: Call) -> DomainBodies:
    """The published domains. Source: GetDomains, 3.3 and 3.4-preview."""
    return DomainBodies([DomainBody.of(domain, call.api_version) for domain in domains.DOMAINS])


@training.operation("GET", "domains/{domainId}", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_domain(call: Call, path: DomainPath) -> DomainBody:
    """One domain. Source: GetDomain, 3.3 and 3.4-preview."""
    return DomainBody.of(domains.get(path.domain_id), call.api_version)


@training.operation("GET", "projects", auth=Auth.ACCOUNT)
def get_projects(call: Call) -> ProjectBodies:
    """All projects of the account, the newest first. Source: GetProjects, 3.3 and 3.4-preview."""
    return ProjectBodies([ProjectBody.of(project) for project in call.services.classifiers.projects.all(call.account)])


@training.operation("POST", "projects", auth=Auth.ACCOUNT)
def create_project(call: Call, query: NewProject, body: StorageOptions | None) -> ProjectBody:
    """Create a project. `exportModelContainerUri` and `notificationQueueUri` are refused: nothing is written to foreign storage.

    Source: CreateProject, 3.3 and 3.4-preview.
    """
    for options in (query, body):
        _refuse_storage(options)
    return ProjectBody.of(call.services.classifiers.projects.create(
        call.account, query.name, query.description or "", ProjectSettings(
            query.domain_id, query.classification_type, query.target_export_platforms)))


@training.operation("GET", "projects/{projectId}", auth=Auth.ACCOUNT, errors=(NotFound,))
def get_project(call: Call, path: ProjectPath) -> ProjectBody:
    """One project. Source: GetProject, 3.3 and 3.4-preview."""
    return ProjectBody.of(call.services.classifiers.projects.get(call.account, path.project_id))


@training.operation("PATCH", "projects/{projectId}", auth=Auth.ACCOUNT, errors=(NotFound,), audit_targets=("projectId",))
def update_project(call: Call, path: ProjectPath, body: ProjectPatch) -> ProjectBody:
    """Change what is given of name, description and settings. Source: UpdateProject, 3.3 and 3.4-preview."""
    settings = body.settings or Settings()
    _refuse_storage(settings)
    processing = settings.image_processing_settings
    return ProjectBody.of(call.services.classifiers.projects.update(
        call.account, path.project_id, body.name, body.description, ProjectSettings(
            settings.domain_id, settings.classification_type, settings.target_export_platforms,
            processing.augmentation_methods if processing else None)))


@training.operation("DELETE", "projects/{projectId}", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound,), audit_targets=("projectId",))
def delete_project(call: Call, path: ProjectPath) -> None:
    """Delete a project with all that it owns. It is gone at once; its pictures and models follow within minutes.

    Source: DeleteProject, 3.3 and 3.4-preview.
    """
    call.services.classifiers.projects.delete(call.account, path.project_id)


@training.operation("GET", "projects/{projectId}/export", auth=Auth.ACCOUNT, errors=(NotFound,), audit=True, audit_targets=("projectId",))
def export_project(call: Call, path: ProjectPath) -> ProjectExportBody:
    """A token with which its holder, in any account of this service, can import the project for 24 hours.

    Source: ExportProject, 3.3 and 3.4-preview.
    """
    classifiers = call.services.classifiers
    return ProjectExportBody.of(classifiers.copies.export(call.account, classifiers.projects.get(call.account, path.project_id)))


@training.operation("POST", "projects/import", auth=Auth.ACCOUNT)
def import_project(call: Call, query: ImportQuery) -> ProjectBody:
    """A new project, with ids of its own, that is filled from the token's project while its status is `Importing`.

    Source: ImportProject, 3.3 and 3.4-preview.
    """
    return ProjectBody.of(call.services.classifiers.copies.begin(call.account, query.token, query.name))


def _refuse_storage(options: StorageOptions | None) -> None:
    if options and (options.export_model_container_uri or options.notification_queue_uri):
        raise Refused(Code.NOT_SUPPORTED, "Models and notifications are not written to storage of the caller's; leave out "
                                          "exportModelContainerUri and notificationQueueUri.")
