"""The records of iterations and what they own.

Kind CV_ITERATION: one record per iteration, parent = the project's generation. Kind CV_ITERATION_DATA: `<iteration
generation>/snapshot`, written before the record; `model` and `performance` before it is Completed. None of them changes.
"""
from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from shared.classifiers.failures import Code, Missing
from shared.classifiers.iteration_models import ExportedModel, ExportStatus, Iteration, IterationStatus, Snapshot, SnapshotTag, TrainingType
from shared.classifiers.model_files import HeldOut, Model, held_out_bytes, held_out_of, model_bytes, model_of
from shared.classifiers.models import ClassificationType, Project, TagType
from shared.errors import Conflict, NotFound
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CV_EXPORTED_MODEL, CV_ITERATION, CV_ITERATION_DATA, CV_ITERATION_EXPORT
from shared.storage.holdings.holding import generation_of

_SNAPSHOT, _MODEL, _PERFORMANCE = "snapshot", "model", "performance"


class IterationRepository:
    def all(self, account: AccountStore, project: Project) -> list[Iteration]:
        """The iterations of a project, the newest first: one read, since there are few."""
        records = account.records.page(CV_ITERATION, project.generation).records
        return sorted(map(_iteration, records), key=lambda iteration: (iteration.number, iteration.id), reverse=True)

    def get(self, account: AccountStore, project: Project, iteration_id: str) -> Iteration:
        """Raises Missing."""
        record = account.records.find(CV_ITERATION, iteration_id, project.generation)
        if record is None:
            raise no_such_iteration()
        return _iteration(record)

    def count(self, account: AccountStore, project: Project) -> int:
        return len(account.records.plain_of_all(CV_ITERATION, project.generation))

    def is_training(self, account: AccountStore, project: Project) -> bool:
        return any(each.id == project.training and each.status is IterationStatus.TRAINING for each in self.all(account, project))

    def insert(self, account: AccountStore, project: Project, iteration: Iteration, snapshot: Snapshot) -> str:
        """Return the etag."""
        self._write(account, iteration.generation, _SNAPSHOT, snapshot_bytes(snapshot))
        return account.records.insert(CV_ITERATION, _record(iteration), project.generation)

    def replace(self, account: AccountStore, project: Project, iteration: Iteration) -> str:
        """Return the new etag. Raises Conflict if it changed since it was read, NotFound if it is gone."""
        return account.records.replace(CV_ITERATION, _record(iteration), project.generation)

    def discard(self, account: AccountStore, project: Project, iteration: Iteration) -> None:
        """The record and all that it owns."""
        account.records.delete(CV_ITERATION, iteration.id, project.generation)
        account.blobs.delete_all(CV_ITERATION_DATA, f"{iteration.generation}/")
        account.blobs.delete_all(CV_EXPORTED_MODEL, f"{iteration.generation}/")
        account.records.delete_all(CV_ITERATION_EXPORT, account.records.ids(CV_ITERATION_EXPORT, iteration.generation)[0],
                                   iteration.generation)

    def snapshot(self, account: AccountStore, iteration: Iteration) -> Snapshot:
        """Raises NotFound."""
        return snapshot_of(self._read(account, iteration.generation, _SNAPSHOT))

    def model(self, account: AccountStore, generation: str) -> Model:
        """Raises NotFound, UnreadableModel."""
        return model_of(self._read(account, generation, _MODEL))

    def held_out(self, account: AccountStore, iteration: Iteration) -> HeldOut:
        """Raises NotFound, UnreadableModel."""
        return held_out_of(self._read(account, iteration.generation, _PERFORMANCE))

    def write_trained(self, account: AccountStore, iteration: Iteration, model: Model, held_out: HeldOut) -> None:
        self._write(account, iteration.generation, _PERFORMANCE, held_out_bytes(held_out))
        self._write(account, iteration.generation, _MODEL, model_bytes(model))

    def kept_image_ids(self, account: AccountStore, project: Project) -> set[str]:
        """The images that the iterations of a project have, all together."""
        kept: set[str] = set()
        for iteration in self.all(account, project):
            with suppress(NotFound):  # the owner erased what iterations were trained on
                kept |= self.snapshot(account, iteration).images.keys()
        return kept

    def tags_and_images(self, account: AccountStore, project: Project,
                        iteration_id: str) -> tuple[Mapping[str, str], Mapping[str, Sequence[str]]]:
        """The names of an iteration's tags by id, and the ids of the tags of each of its images. Raises Missing, NotFound."""
        snapshot = self.snapshot(account, self.get(account, project, iteration_id))
        return {tag.id: tag.name for tag in snapshot.tags}, snapshot.images

    def copy(self, source: tuple[AccountStore, Project], target: tuple[AccountStore, Project], image_ids: Mapping[str, str],
             tag_ids: Mapping[str, str]) -> None:
        """Copy the finished iterations, which nobody has published there; the mappings are from old ids to new ones.

        Doing it again writes the same: the new ids are made from the old ones and the target.
        """
        (source_account, source_project), (target_account, target_project) = source, target
        for old in self.all(source_account, source_project):
            if old.status is not IterationStatus.COMPLETED or not self.is_whole(source_account, old):
                continue
            generation = generation_of(f"{target_project.generation}/{old.id}")
            new = dataclasses.replace(old, id=str(uuid.UUID(generation)), generation=generation, publish_name="", publish_resource="",
                                      attempt="", etag=None)
            snapshot, held_out = self.snapshot(source_account, old), self.held_out(source_account, old)
            model = self.model(source_account, old.generation)
            self._write(target_account, generation, _SNAPSHOT, snapshot_bytes(_renamed_snapshot(snapshot, image_ids, tag_ids)))
            self.write_trained(
                target_account, new, dataclasses.replace(model, tags=_renamed_tags(model.tags, tag_ids)),
                dataclasses.replace(held_out, tags=_renamed_tags(held_out.tags, tag_ids),
                                    image_ids=tuple(image_ids.get(each, each) for each in held_out.image_ids)))
            with suppress(Conflict):
                target_account.records.insert(CV_ITERATION, _record(new), target_project.generation)

    def is_there(self, account: AccountStore, project: Project, iteration: Iteration) -> bool:
        """Whether it has not been deleted, nor its project."""
        return account.records.find(CV_ITERATION, iteration.id, project.generation) is not None

    def is_whole(self, account: AccountStore, iteration: Iteration) -> bool:
        """Whether all that a trained iteration owns is there, and not erased by its owner."""
        return len(account.blobs.ids(CV_ITERATION_DATA, f"{iteration.generation}/")) == len((_SNAPSHOT, _MODEL, _PERFORMANCE))

    def exports(self, account: AccountStore, iteration: Iteration) -> list[ExportedModel]:
        records = account.records.page(CV_ITERATION_EXPORT, iteration.generation).records
        return [_export(record) for record in records]

    def insert_export(self, account: AccountStore, iteration: Iteration, export: ExportedModel) -> None:
        """Raises Conflict where there is one for this platform."""
        account.records.insert(CV_ITERATION_EXPORT, _export_record(export), iteration.generation)

    def replace_export(self, account: AccountStore, iteration: Iteration, export: ExportedModel) -> None:
        account.records.replace(CV_ITERATION_EXPORT, _export_record(export), iteration.generation)

    def write_exported(self, account: AccountStore, iteration: Iteration, platform: str, content: bytes) -> None:
        account.blobs.write(CV_EXPORTED_MODEL, exported_id(iteration, platform), [content])

    def _write(self, account: AccountStore, generation: str, name: str, content: bytes) -> None:
        account.blobs.write(CV_ITERATION_DATA, f"{generation}/{name}", [content])

    def _read(self, account: AccountStore, generation: str, name: str) -> bytes:
        return b"".join(account.blobs.read(CV_ITERATION_DATA, f"{generation}/{name}"))


def no_such_iteration() -> Missing:
    return Missing(Code.NOT_FOUND_ITERATION, "The project has no iteration with this id.")


def exported_id(iteration: Iteration, platform: str) -> str:
    return f"{iteration.generation}/{iteration.id}.{platform}.zip"


def _renamed_tags(tags: Sequence[SnapshotTag], tag_ids: Mapping[str, str]) -> tuple[SnapshotTag, ...]:
    """A tag that was deleted since keeps its id."""
    return tuple(dataclasses.replace(tag, id=tag_ids.get(tag.id, tag.id)) for tag in tags)


def _renamed_snapshot(snapshot: Snapshot, image_ids: Mapping[str, str], tag_ids: Mapping[str, str]) -> Snapshot:
    return Snapshot(
        _renamed_tags(snapshot.tags, tag_ids),
        {image_ids[old]: tuple(tag_ids.get(tag_id, tag_id) for tag_id in own) for old, own in snapshot.images.items() if old in image_ids},
        frozenset(tag_ids.get(tag_id, tag_id) for tag_id in snapshot.selected), snapshot.is_mirrored)


def snapshot_bytes(snapshot: Snapshot) -> bytes:
    places = {tag.id: place for place, tag in enumerate(snapshot.tags)}
    return json.dumps({
        "tags": [[tag.id, tag.name, tag.description, tag.type] for tag in snapshot.tags],
        "selected": sorted(places[tag_id] for tag_id in snapshot.selected), "isMirrored": snapshot.is_mirrored,
        "images": {image_id: sorted(places[tag_id] for tag_id in tag_ids) for image_id, tag_ids in sorted(snapshot.images.items())},
    }, separators=(",", ":")).encode()


def snapshot_of(content: bytes) -> Snapshot:
    """Raises NotFound where it is none: an import may have brought anything."""
    try:
        read = json.loads(content)
        tags = tuple(SnapshotTag(tag_id, name, description, TagType(kind)) for tag_id, name, description, kind in read["tags"])
        images = {image_id: tuple(tags[place].id for place in places) for image_id, places in read["images"].items()}
        return Snapshot(tags, images, frozenset(tags[place].id for place in read["selected"]), bool(read["isMirrored"]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise NotFound("What the iteration was trained on cannot be read.") from None


def _iteration(record: Record) -> Iteration:
    content, plain = record.content, record.plain
    return Iteration(
        id=record.id, number=content["number"], name=content["name"], status=IterationStatus(content["status"]),
        created_at=datetime.fromisoformat(content["createdAt"]), last_modified_at=datetime.fromisoformat(content["lastModifiedAt"]),
        trained_at=datetime.fromisoformat(content["trainedAt"]) if content["trainedAt"] else None, domain_id=content["domainId"],
        classification_type=ClassificationType(content["classificationType"]), generation=plain["generation"],
        workspace=content["workspace"], updated_at=plain["updatedAt"], training_type=TrainingType(content["trainingType"]),
        reserved_budget_in_hours=content["reservedBudgetInHours"], publish_name=content["publishName"],
        publish_resource=content["publishResource"], error=content["error"], attempt=plain["attempt"], attempts=plain["attempts"],
        etag=record.etag)


def _record(iteration: Iteration) -> Record:
    return Record(iteration.id, {
        "number": iteration.number, "name": iteration.name, "status": iteration.status, "createdAt": iteration.created_at.isoformat(),
        "lastModifiedAt": iteration.last_modified_at.isoformat(),
        "trainedAt": "" if iteration.trained_at is None else iteration.trained_at.isoformat(), "domainId": iteration.domain_id,
        "classificationType": iteration.classification_type, "trainingType": iteration.training_type,
        "reservedBudgetInHours": iteration.reserved_budget_in_hours, "workspace": iteration.workspace,
        "publishName": iteration.publish_name, "publishResource": iteration.publish_resource, "error": iteration.error,
    }, {"generation": iteration.generation, "attempt": iteration.attempt, "attempts": iteration.attempts,
        "updatedAt": iteration.updated_at}, iteration.etag)


def _export(record: Record) -> ExportedModel:
    content = record.content
    return ExportedModel(content["platform"], content["flavor"], ExportStatus(content["status"]),
                         datetime.fromisoformat(content["createdAt"]), record.plain["attempts"], record.etag)


def _export_record(export: ExportedModel) -> Record:
    return Record(export.platform, {"platform": export.platform, "flavor": export.flavor, "status": export.status,
                                    "createdAt": export.created_at.isoformat()}, {"attempts": export.attempts}, export.etag)
