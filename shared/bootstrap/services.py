"""All services put together."""
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.accounts.audit import AuditService
from shared.accounts.audit_pages import AuditReader
from shared.accounts.audit_repository import AuditRepository
from shared.accounts.audit_retention import AuditRetention
from shared.accounts.deletion import AccountDeletionService
from shared.accounts.key_rotation import KeyRotationService
from shared.accounts.key_use import KeyUses
from shared.accounts.repository import DIRECTORY_TABLE, AccountRepository
from shared.accounts.service import AccountService
from shared.blocklists.imported_items import ImportedItems
from shared.blocklists.matcher import BlocklistMatcher
from shared.blocklists.models import Blocklist
from shared.blocklists.repository import BlocklistRepository
from shared.blocklists.service import COMPACT_BLOCKLIST, BlocklistService
from shared.bootstrap.callbacks import callbacks_of
from shared.bootstrap.classifiers import classifiers_of
from shared.bootstrap.deployment import deployment_gate_of
from shared.bootstrap.image_engine import image_analysis_of
from shared.bootstrap.image_lists import ImageLists, image_lists_of
from shared.bootstrap.image_moderation import cached_images_of, image_moderation_of
from shared.bootstrap.keys import check_wrapping, key_encryption_key_of, signing_key_of, token_validator_of
from shared.bootstrap.outbound import outbound_of
from shared.bootstrap.review_queue import review_queue_of
from shared.bootstrap.reviews import reviews_of
from shared.bootstrap.sessions import sessions_of
from shared.bootstrap.storage import STORAGE_RETRIES, ManagedIdentity, storage_of
from shared.bootstrap.teams import TEAM_CHECKS, teams_of
from shared.bootstrap.telemetry import telemetry_of
from shared.bootstrap.text_engine import text_engine_of
from shared.bootstrap.workflows import workflows_of
from shared.classifiers.service import Classifiers
from shared.image_lists.imported_images import ImportedImages
from shared.indexing.kept_indexes import KeptIndexes
from shared.indexing.list_index import ListIndexes
from shared.indexing.list_numbers import ListNumbers
from shared.indexing.term_hashes import TermHashes
from shared.lifecycle.data_overview import DataOverviews
from shared.lifecycle.erasure import ErasureService
from shared.lifecycle.erasure_repository import ErasureRepository
from shared.lifecycle.export_job import ExportJob
from shared.lifecycle.export_repository import ExportRepository
from shared.lifecycle.export_service import ExportService
from shared.lifecycle.import_job import ImportJob
from shared.lifecycle.import_repository import ImportRepository
from shared.lifecycle.import_service import ImportService
from shared.lifecycle.import_stages import ImportRules
from shared.lifecycle.leftovers import Leftovers
from shared.lifecycle.pending_receipts import PendingReceipts
from shared.lifecycle.purge import PurgeService
from shared.lifecycle.receipts import ReceiptService
from shared.lifecycle.retention import RetentionService
from shared.readiness import Readiness
from shared.reviews.contents import erase_frames
from shared.reviews.imported_reviews import imported_reviews
from shared.sample_content.repository import SampleContentRepository
from shared.sample_content.service import SampleContentService
from shared.services import Services
from shared.settings import Settings
from shared.storage.connections import pooled_transport
from shared.storage.holdings import (
    AUDIT_EVENT,
    BLOCKLIST,
    BLOCKLIST_INDEX,
    BLOCKLIST_ITEM,
    CV_IMAGE,
    CV_PROJECT,
    CV_TAG,
    HOLDINGS,
    IMAGE_LIST,
    IMPORT,
    LIST_IMAGE,
    REVIEW,
    REVIEW_FRAME,
    TEAM,
    TERM,
    TERM_LANGUAGE,
    TERM_LIST,
    TERM_LIST_INDEX,
    WORKFLOW,
)
from shared.storage.queues import JobQueue
from shared.teams.models import TEAM_LIMIT
from shared.telemetry.telemetry import Telemetry
from shared.term_lists.matcher import TermMatcher
from shared.term_lists.repository import TermLanguageRepository, TermListRepository
from shared.term_lists.service import COMPACT_TERMS, TermListService
from shared.term_lists.terms import ImportedTerms, imported_languages
from shared.text_analysis.screening import ScreeningService
from shared.text_analysis.service import TextAnalysisService
from shared.workflows.analysis import Analysers
from shared.workflows.imported import imported_workflows


def _now() -> datetime:
    return datetime.now(UTC)


def services_of(settings: Settings, now: Callable[[], datetime] = _now, telemetry: Telemetry | None = None,
                **storage_options: Any) -> Services:
    """Put the services together. Nothing is fetched or opened yet, except the development key file.

    `storage_options` go to the storage clients (`transport` in tests); `telemetry` is that of the settings unless given.
    """
    credential = ManagedIdentity(settings.managed_identity_client_id)
    telemetry = telemetry or telemetry_of(settings, credential)
    options = {**STORAGE_RETRIES, "transport": pooled_transport(), **storage_options}
    tables, blobs, jobs = storage_of(settings, credential, options)
    key_encryption_key = key_encryption_key_of(settings, credential)
    gate = deployment_gate_of(settings, credential, key_encryption_key, options)
    directory = AccountRepository(tables.table(DIRECTORY_TABLE))
    accounts = AccountService(directory, tables, blobs, key_encryption_key, settings.region, now,
                              settings.account_cache_seconds)
    events = AuditRepository()
    audit = AuditService(events, now)
    audit_retention = AuditRetention(events, settings.audit_retention_days, now)
    signing_key = signing_key_of(settings)
    receipts = ReceiptService(blobs, signing_key, settings.region)
    blocklists = BlocklistRepository()
    cache_bytes = settings.list_cache_megabytes * 1_000_000
    list_indexes = ListIndexes(BLOCKLIST_INDEX, TermHashes(), cache_bytes, settings.account_cache_seconds, telemetry)
    indexes = KeptIndexes(blocklists, list_indexes, jobs, COMPACT_BLOCKLIST)
    matcher = BlocklistMatcher(blocklists, indexes, settings.account_cache_seconds)
    term_languages, term_list_records = TermLanguageRepository(), TermListRepository()
    term_list_indexes = ListIndexes(TERM_LIST_INDEX, TermHashes(), cache_bytes, settings.account_cache_seconds, telemetry)
    term_indexes = KeptIndexes(term_languages, term_list_indexes, jobs, COMPACT_TERMS)
    term_matcher = TermMatcher(term_list_records, term_languages, term_indexes, settings.account_cache_seconds)
    term_lists = TermListService(term_list_records, term_languages, term_indexes, ListNumbers(TERM_LIST), jobs,
                                 settings.term_list_limit, settings.term_limit)
    image_lists = image_lists_of(settings, jobs, telemetry)
    for forget in (list_indexes.forget, matcher.forget, term_list_indexes.forget, term_matcher.forget, *image_lists.forget):
        accounts.when_gone(forget)
    classifiers = classifiers_of(settings, accounts, jobs, now)
    accounts.when_gone(classifiers.models.forget)
    imports = _imports(settings, accounts, indexes, term_lists, image_lists, classifiers, jobs, now)
    exports = _exports(settings, accounts, jobs, now)
    erasure_records = ErasureRepository()
    erasures = ErasureService(accounts, erasure_records, directory, receipts, exports, jobs, HOLDINGS,
                              {AUDIT_EVENT.kind: audit_retention.erase, IMPORT.kind: imports.erase, REVIEW_FRAME.kind: erase_frames},
                              settings.account_cache_seconds, now)
    teams = teams_of(accounts, erasures, now)
    sample_content = SampleContentService(
        SampleContentRepository(), erasures.erase_kinds, lambda store, receipt_id: erasures.find(store, receipt_id) is not None, now)
    text_engine, check_text_engine = text_engine_of(settings, credential)
    image_analysis, check_image_engine = image_analysis_of(settings, credential, text_engine)
    cached_images = cached_images_of(settings, now)
    outbound = outbound_of(settings)
    reviews = reviews_of(settings, teams.service, outbound, jobs, now)
    callbacks = callbacks_of(settings, teams.service, outbound, jobs, now)
    screening = ScreeningService(text_engine, term_matcher.match, settings.pii_phone_regions.split(), settings.pii_payment_data)
    text_analysis = TextAnalysisService(matcher, text_engine)
    image_moderation = image_moderation_of(settings, image_analysis.evaluate)
    review_queue = review_queue_of(settings, teams, reviews, callbacks, now)
    workflows = workflows_of(Analysers(screening, text_analysis, image_analysis, image_moderation, image_lists.service.match),
                             teams.service, reviews, review_queue.changes.finish_making, callbacks, outbound, jobs, now)
    return Services(
        region=settings.region,
        operator_key=settings.operator_key,
        reviewer_key=settings.reviewer_key,
        public_endpoint=settings.public_endpoint,
        entra_tenant_id=settings.entra_tenant_id,
        strict_contract=settings.strict_contract,
        telemetry=telemetry,
        accounts=accounts,
        audit=audit,
        audit_reader=AuditReader(events),
        audit_retention=audit_retention,
        key_uses=KeyUses(audit, now),
        account_deletion=AccountDeletionService(
            accounts, directory, jobs, settings.deleted_account_grace_hours, now),
        purge=PurgeService(accounts, directory, Leftovers(accounts, directory, tables, blobs, jobs), receipts, jobs,
                           settings.account_cache_seconds, now),
        data_overviews=DataOverviews(accounts, now),
        erasures=erasures,
        receipts=receipts,
        pending_receipts=PendingReceipts(accounts, directory, erasure_records),
        retention=RetentionService(accounts, directory, HOLDINGS,
                                   (exports.revive, imports.revive, audit_retention.trim, sample_content.tidy, cached_images.tidy,
                                    callbacks.revive, workflows.jobs.revive, review_queue.tidying.tidy, classifiers.training.revive), now),
        key_rotation=KeyRotationService(
            accounts, directory, key_encryption_key, settings.data_key_settle_seconds, now),
        tokens=token_validator_of(settings),
        blocklist_indexes=indexes,
        blocklists=BlocklistService(blocklists, indexes, jobs, settings.blocklist_item_limit),
        term_lists=term_lists,
        term_indexes=term_indexes,
        term_matcher=term_matcher,
        image_lists=image_lists.service,
        image_list_indexes=image_lists.indexes,
        sample_content=sample_content,
        text_analysis=text_analysis,
        image_analysis=image_analysis,
        image_moderation=image_moderation,
        cached_images=cached_images,
        callbacks=callbacks,
        screening=screening,
        workflows=workflows.service,
        review_jobs=workflows.jobs,
        job_runner=workflows.runner,
        teams=teams.service,
        reviews=reviews.service,
        review_videos=reviews.videos,
        review_queue=review_queue.service,
        review_decisions=review_queue.decisions,
        review_statistics=review_queue.statistics,
        team_members=teams.members,
        review_tags=teams.tags,
        sign_ins=teams.sign_ins,
        sessions=sessions_of(settings, accounts, teams, now),
        classifiers=classifiers,
        exports=exports,
        imports=imports,
        outbound=outbound,
        readiness=Readiness({
            "tables": directory.check,
            "blobs": blobs.check,
            "queues": jobs.check,
            "key-encryption key": lambda: check_wrapping(key_encryption_key),
            "key that signs receipts": signing_key.check,
            f"text engine {settings.text_engine}": check_text_engine,
            f"image engine {settings.image_engine}": check_image_engine,
            "deployment": gate.require,
        }),
        deployment_gate=gate,
        job_queue=jobs)


def _exports(settings: Settings, accounts: AccountService, jobs: JobQueue, now: Callable[[], datetime]) -> ExportService:
    exports, retention = ExportRepository(), timedelta(days=settings.export_retention_days)
    return ExportService(accounts, exports, ExportJob(accounts, exports, HOLDINGS, retention, now), jobs, retention, now)


def _imports(settings: Settings, accounts: AccountService, indexes: KeptIndexes[Blocklist, Any], term_lists: TermListService,
             image_lists: ImageLists, classifiers: Classifiers, jobs: JobQueue, now: Callable[[], datetime]) -> ImportService:
    size_limit_bytes, retention = settings.import_size_limit_megabytes * 1_000_000, timedelta(hours=settings.import_retention_hours)
    rules = ImportRules(HOLDINGS, size_limit_bytes, settings.import_entry_limit,
                        checks={**TEAM_CHECKS, BLOCKLIST_ITEM.kind: ImportedItems(settings.blocklist_item_limit),
                                TERM_LANGUAGE.kind: imported_languages, TERM.kind: ImportedTerms(settings.term_limit),
                                LIST_IMAGE.kind: ImportedImages(settings.image_limit), CV_PROJECT.kind: classifiers.imported.projects,
                                CV_TAG.kind: classifiers.imported.tags, WORKFLOW.kind: imported_workflows,
                                CV_IMAGE.kind: classifiers.imported.images,
                                REVIEW.kind: imported_reviews},
                        limits={TEAM.kind: TEAM_LIMIT},
                        after={BLOCKLIST.kind: indexes.newest, TERM_LIST.kind: term_lists.follow_import,
                               IMAGE_LIST.kind: image_lists.service.follow_import,
                               CV_PROJECT.kind: classifiers.imported.follow_import})
    imports = ImportRepository()
    job = ImportJob(accounts, imports, rules, jobs, retention, now)
    return ImportService(imports, job, jobs, size_limit_bytes, retention, now)


