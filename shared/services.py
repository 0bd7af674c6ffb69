"""Everything that a request or a job may use: one service for each room, put together in bootstrap/."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.accounts.audit import AuditService
from shared.accounts.audit_pages import AuditReader
from shared.accounts.audit_retention import AuditRetention
from shared.accounts.deletion import AccountDeletionService
from shared.accounts.key_rotation import KeyRotationService
from shared.accounts.key_use import KeyUses
from shared.accounts.service import AccountService
from shared.accounts.tokens import TokenValidator
from shared.blocklists.models import Blocklist
from shared.blocklists.service import BlocklistService
from shared.cached_images.service import CachedImageService
from shared.callbacks.service import CallbackService
from shared.classifiers.service import Classifiers
from shared.deployment_gate import DeploymentGate
from shared.image_analysis.moderation import ImageModerationService
from shared.image_analysis.service import ImageAnalysisService
from shared.image_lists.models import ImageList
from shared.image_lists.service import ImageListService
from shared.indexing.kept_indexes import KeptIndexes
from shared.lifecycle.data_overview import DataOverviews
from shared.lifecycle.erasure import ErasureService
from shared.lifecycle.export_service import ExportService
from shared.lifecycle.import_service import ImportService
from shared.lifecycle.pending_receipts import PendingReceipts
from shared.lifecycle.purge import PurgeService
from shared.lifecycle.receipts import ReceiptService
from shared.lifecycle.retention import RetentionService
from shared.outbound.client import GuardedClient
from shared.readiness import Readiness
from shared.reviews.decisions import DecisionService
from shared.reviews.queue import ReviewQueueService
from shared.reviews.service import ReviewService
from shared.reviews.statistics import ReviewStatistics
from shared.reviews.videos import VideoReviewService
from shared.sample_content.service import SampleContentService
from shared.sessions.service import SessionService
from shared.settings import Secret
from shared.storage.queues import JobQueue
from shared.teams.members import MemberService
from shared.teams.service import TeamService
from shared.teams.sign_ins import SignInService
from shared.teams.tags import TagService
from shared.telemetry.telemetry import Telemetry
from shared.term_lists.matcher import TermMatcher
from shared.term_lists.models import TermLanguage
from shared.term_lists.service import TermListService
from shared.text_analysis.screening import ScreeningService
from shared.text_analysis.service import TextAnalysisService
from shared.workflows.jobs import ReviewJobService
from shared.workflows.running import JobRunner
from shared.workflows.service import WorkflowService

if TYPE_CHECKING:
    from shared.image_lists.image_index import ImageIndex
    from shared.matching.term_index import TermIndex


@dataclass(frozen=True, slots=True)
class Services:
    region: str
    operator_key: Secret | None
    reviewer_key: Secret | None
    public_endpoint: str | None
    entra_tenant_id: str | None
    strict_contract: bool
    telemetry: Telemetry
    accounts: AccountService
    audit: AuditService
    audit_reader: AuditReader
    audit_retention: AuditRetention
    key_uses: KeyUses
    account_deletion: AccountDeletionService
    purge: PurgeService
    data_overviews: DataOverviews
    erasures: ErasureService
    receipts: ReceiptService
    pending_receipts: PendingReceipts
    retention: RetentionService
    key_rotation: KeyRotationService
    tokens: TokenValidator | None
    blocklists: BlocklistService
    term_lists: TermListService
    term_indexes: KeptIndexes[TermLanguage, TermIndex]
    term_matcher: TermMatcher
    image_lists: ImageListService
    image_list_indexes: KeptIndexes[ImageList, ImageIndex]
    sample_content: SampleContentService
    blocklist_indexes: KeptIndexes[Blocklist, TermIndex]
    text_analysis: TextAnalysisService
    image_analysis: ImageAnalysisService
    image_moderation: ImageModerationService
    cached_images: CachedImageService
    callbacks: CallbackService
    workflows: WorkflowService
    review_jobs: ReviewJobService
    job_runner: JobRunner
    screening: ScreeningService
    teams: TeamService
    reviews: ReviewService
    review_videos: VideoReviewService
    review_queue: ReviewQueueService
    review_decisions: DecisionService
    review_statistics: ReviewStatistics
    team_members: MemberService
    review_tags: TagService
    sign_ins: SignInService
    sessions: SessionService
    classifiers: Classifiers
    exports: ExportService
    imports: ImportService
    outbound: GuardedClient
    readiness: Readiness
    deployment_gate: DeploymentGate
    job_queue: JobQueue
