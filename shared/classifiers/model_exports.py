"""Models for elsewhere: a zip for each platform of an iteration, made by a job."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from shared.classifiers import domains
from shared.classifiers.failures import Code, Refused
from shared.classifiers.iteration_models import ExportedModel, ExportStatus, Iteration, IterationStatus
from shared.classifiers.iterations import IterationRepository
from shared.classifiers.models import Project
from shared.classifiers.onnx_export import docker_zip, onnx_of, onnx_zip
from shared.classifiers.predicting import Models
from shared.classifiers.projects import ProjectRepository
from shared.errors import Conflict, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue

EXPORT_ITERATION = "export-iteration"
ATTEMPTS = 5
STALLED_AFTER = timedelta(minutes=15)
"""An export takes seconds; one that is older than this has lost its job and may be begun again."""
_FLAVORS = {"ONNX": ("",), "DockerFile": ("", "Linux")}


@dataclasses.dataclass(frozen=True, slots=True)
class Backbone:
    """The network as ONNX, and those of its outputs that heads are learned from."""

    content: bytes
    outputs: Sequence[str]


class ModelExports:
    def __init__(self, projects: ProjectRepository, iterations: IterationRepository, models: Models, backbone: Callable[[], Backbone],
                 jobs: JobQueue, now: Callable[[], datetime]) -> None:
        self._projects = projects
        self._iterations = iterations
        self._models = models
        self._backbone = backbone
        self._jobs = jobs
        self._now = now

    def start(self, account: AccountStore, project: Project, iteration_id: str, platform: str, flavor: str | None) -> ExportedModel:
        """Begin to make it; one that is made already is answered as it is. Raises Missing, Refused."""
        iteration = self._iterations.get(account, project, iteration_id)
        flavors = _FLAVORS.get(platform)
        if flavors is None or (flavor or "") not in flavors:
            raise Refused(Code.EXPORT_VALIDATION_FAILED, "A model is made for the platform ONNX, or DockerFile with the flavor Linux; "
                          "for no other platform or flavor.", "platform")
        domain = domains.find(iteration.domain_id)
        if domain is None or not domain.is_exportable:
            raise Refused(Code.UNSUPPORTED_DOMAIN, "Iterations of compact domains can be exported; choose one for the project and train.")
        if iteration.status is not IterationStatus.COMPLETED:
            raise Refused(Code.ITERATION_IS_NOT_TRAINED, f"The iteration is {iteration.status}; one that is Completed can be exported.")
        current = next((each for each in self._iterations.exports(account, iteration) if each.platform == platform), None)
        if current is not None and current.status is ExportStatus.EXPORTING and current.created_at > self._now() - STALLED_AFTER:
            raise Refused(Code.EXPORT_ALREADY_IN_PROGRESS, "The export for this platform is being made; GET export shows when it is done.")
        if current is not None and current.status is ExportStatus.DONE:
            return current
        started = ExportedModel(platform, flavor or "", ExportStatus.EXPORTING, self._now(), etag=None if current is None else current.etag)
        try:
            if current is None:
                self._iterations.insert_export(account, iteration, started)
            else:
                self._iterations.replace_export(account, iteration, started)
        except (Conflict, NotFound):
            raise Refused(Code.EXPORT_ALREADY_IN_PROGRESS, "The export for this platform is being made.") from None
        self._jobs.send(EXPORT_ITERATION, account.account_id, f"{project.id}/{iteration.id}/{platform}")
        return started

    def all(self, account: AccountStore, project: Project, iteration_id: str) -> tuple[Iteration, list[ExportedModel]]:
        """Raises Missing."""
        iteration = self._iterations.get(account, project, iteration_id)
        return iteration, self._iterations.exports(account, iteration)

    def run(self, account: AccountStore, project_id: str, iteration_id: str, platform: str) -> None:
        """Job: make the zip. Doing it twice writes the same; nothing happens where nobody wants it any more."""
        try:
            project = self._projects.get(account, project_id)
            iteration = self._iterations.get(account, project, iteration_id)
        except NotFound:
            return
        export = next((each for each in self._iterations.exports(account, iteration) if each.platform == platform), None)
        if export is None or export.status is not ExportStatus.EXPORTING:
            return
        if export.attempts >= ATTEMPTS:  # each time the worker died
            self._end(account, project, iteration, platform, ExportStatus.FAILED)
            return
        last = export.attempts + 1 >= ATTEMPTS
        self._iterations.replace_export(account, iteration, dataclasses.replace(export, attempts=export.attempts + 1))
        try:
            model, backbone = self._models.get(account, iteration), self._backbone()
            content = onnx_of(model, backbone.content, backbone.outputs)
            packed = (docker_zip if platform == "DockerFile" else onnx_zip)(model, content)
            self._iterations.write_exported(account, iteration, platform, packed)
        except Exception:
            if last:
                self._end(account, project, iteration, platform, ExportStatus.FAILED)
            raise
        self._end(account, project, iteration, platform, ExportStatus.DONE)

    def _end(self, account: AccountStore, project: Project, iteration: Iteration, platform: str, status: ExportStatus) -> None:
        export = next((each for each in self._iterations.exports(account, iteration) if each.platform == platform), None)
        if export is not None and self._iterations.is_there(account, project, iteration):
            self._iterations.replace_export(account, iteration, dataclasses.replace(export, status=status))
        else:  # it was deleted meanwhile
            self._iterations.discard(account, project, iteration)
