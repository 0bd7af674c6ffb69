"""Custom Vision put together."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.accounts.service import AccountService
from shared.bootstrap.classifier_models import classifier_models_of
from shared.classifiers.image_changes import ImageChanges
from shared.classifiers.image_deletion import ImageDeletion
from shared.classifiers.image_queries import ImageQueries
from shared.classifiers.image_uploads import ImageUploads
from shared.classifiers.images import ImageRepository
from shared.classifiers.iterations import IterationRepository
from shared.classifiers.links import FileLinks
from shared.classifiers.project_copies import ProjectCopies
from shared.classifiers.project_imports import ImportedProjects
from shared.classifiers.project_index import ProjectIndex
from shared.classifiers.project_service import ProjectService
from shared.classifiers.projects import ProjectRepository
from shared.classifiers.rosters import RosterRepository
from shared.classifiers.service import Classifiers
from shared.classifiers.tag_service import TagService
from shared.classifiers.tags import TagRepository
from shared.lifecycle.ownership import delete_under
from shared.settings import Settings
from shared.storage.account_store import AccountStore
from shared.storage.holdings import (
    CV_EXPORTED_MODEL,
    CV_IMAGE,
    CV_PICTURE,
    CV_PREDICTION_PICTURE,
    CV_PROJECT,
    HOLDINGS,
    Holding,
    owned_by,
)
from shared.storage.queues import JobQueue


def classifiers_of(settings: Settings, accounts: AccountService, jobs: JobQueue, now: Callable[[], datetime]) -> Classifiers:
    tags, rosters, iterations = TagRepository(), RosterRepository(), IterationRepository()
    images = ImageRepository(rosters)
    projects = ProjectRepository(ProjectIndex(images, rosters).make)

    def open_account(account_id: str) -> AccountStore:
        return accounts.open(accounts.get(account_id))
    service = ProjectService(projects, jobs, _deletion_under(CV_PROJECT), settings.classifier_project_limit, now)
    changes = ImageChanges(images, rosters, tags, now)
    deletion = ImageDeletion(projects, images, rosters, iterations, jobs, _deletion_under(CV_IMAGE), now)
    trained = classifier_models_of(settings, projects, service, tags, images, iterations, deletion, jobs, now)
    return Classifiers(
        projects=service,
        imported=ImportedProjects(service, settings.classifier_project_limit, settings.classifier_tag_limit,
                                  settings.classifier_image_limit),
        copies=ProjectCopies(open_account, service, projects, tags, images, rosters, iterations, jobs, now),
        tags=TagService(projects, tags, images, changes, jobs, settings.classifier_tag_limit),
        uploads=ImageUploads(images, rosters, tags, settings.classifier_image_limit, now),
        changes=changes,
        deletion=deletion,
        queries=ImageQueries(images, tags, iterations),
        images=images,
        links=FileLinks(open_account, (CV_PICTURE, CV_PREDICTION_PICTURE, CV_EXPORTED_MODEL),
                        timedelta(minutes=settings.classifier_link_minutes), now),
        training=trained.training,
        training_job=trained.training_job,
        iterations=trained.iterations,
        predictions=trained.predictions,
        suggestions=trained.suggestions,
        exports=trained.exports,
        models=trained.models)


def _deletion_under(owner: Holding) -> Callable[[AccountStore, str], None]:
    """What deletes all that lies under a record's key, whatever kinds there are."""
    def delete(account: AccountStore, key: str) -> None:
        for holding in owned_by(owner, HOLDINGS):
            delete_under(account, holding, key, HOLDINGS)
    return delete
