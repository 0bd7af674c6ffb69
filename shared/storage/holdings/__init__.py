"""Every kind of record and blob that is kept for an account, declared once.

An account's table holds rows with PartitionKey `<kind>` or `<kind>|<parent key>` and RowKey `<id>`; its container holds
blobs named `<kind>/<id>`. Export, import, erasure, retention and the documentation walk this list and know no kind by
name, so that a kind that is added here is covered by all of them. A room imports its kinds from here.
"""
from __future__ import annotations

from shared.storage.holdings.account import (
    AUDIT_EVENT,
    CONSENT,
    KEY_USE,
    SAMPLE,
)
from shared.storage.holdings.cached_images import CACHED_IMAGE, CACHED_IMAGE_CONTENT
from shared.storage.holdings.callbacks import CALLBACK, CALLBACK_BODY, CALLBACK_KEY
from shared.storage.holdings.classifier_models import (
    CV_EXPORTED_MODEL,
    CV_IMAGE_FEATURES,
    CV_ITERATION,
    CV_ITERATION_DATA,
    CV_ITERATION_EXPORT,
    CV_PREDICTION,
    CV_PREDICTION_PICTURE,
)
from shared.storage.holdings.classifiers import (
    CV_CLAIM,
    CV_IMAGE,
    CV_PICTURE,
    CV_PROJECT,
    CV_REMOVAL,
    CV_ROSTER,
    CV_TAG,
)
from shared.storage.holdings.holding import Holding
from shared.storage.holdings.holding import Portability as Portability
from shared.storage.holdings.holding import Shape as Shape
from shared.storage.holdings.holding import owned_by as owned_by
from shared.storage.holdings.image_lists import IMAGE_LIST, IMAGE_LIST_INDEX, LIST_IMAGE
from shared.storage.holdings.lifecycle import (
    ERASURE,
    EXPORT,
    EXPORT_ARCHIVE,
    IMPORT,
    IMPORT_STATE,
    IMPORT_UPLOAD,
)
from shared.storage.holdings.lists import (
    BLOCKLIST,
    BLOCKLIST_INDEX,
    BLOCKLIST_ITEM,
    LIST_NUMBER,
    TERM,
    TERM_LANGUAGE,
    TERM_LIST,
    TERM_LIST_INDEX,
)
from shared.storage.holdings.review_decisions import REVIEW_ACTION, REVIEW_HOLD
from shared.storage.holdings.reviews import (
    REVIEW,
    REVIEW_CONTENT,
    REVIEW_FRAME,
    REVIEW_MEDIA,
    REVIEW_QUEUE,
    REVIEW_QUEUE_ENTRY,
)
from shared.storage.holdings.sessions import REVIEW_SESSION
from shared.storage.holdings.teams import REVIEW_TAG, SUB_TEAM, TEAM, TEAM_MEMBER
from shared.storage.holdings.workflows import REVIEW_JOB, REVIEW_JOB_CONTENT, WORKFLOW

HOLDINGS: tuple[Holding, ...] = (
    BLOCKLIST, BLOCKLIST_ITEM, BLOCKLIST_INDEX,
    TERM_LIST, TERM_LANGUAGE, TERM, TERM_LIST_INDEX, LIST_NUMBER,
    IMAGE_LIST, LIST_IMAGE, IMAGE_LIST_INDEX,
    CV_PROJECT, CV_TAG, CV_IMAGE, CV_PICTURE, CV_ROSTER, CV_CLAIM, CV_REMOVAL,
    CV_ITERATION, CV_ITERATION_DATA, CV_ITERATION_EXPORT, CV_EXPORTED_MODEL, CV_IMAGE_FEATURES, CV_PREDICTION, CV_PREDICTION_PICTURE,
    CACHED_IMAGE, CACHED_IMAGE_CONTENT,
    TEAM, SUB_TEAM, TEAM_MEMBER, REVIEW_TAG, REVIEW_SESSION,
    REVIEW, REVIEW_CONTENT, REVIEW_MEDIA, REVIEW_FRAME, REVIEW_QUEUE, REVIEW_QUEUE_ENTRY, REVIEW_ACTION, REVIEW_HOLD,
    CALLBACK_KEY, CALLBACK, CALLBACK_BODY,
    WORKFLOW, REVIEW_JOB, REVIEW_JOB_CONTENT,
    AUDIT_EVENT, KEY_USE, CONSENT, SAMPLE,
    ERASURE,
    EXPORT, EXPORT_ARCHIVE,
    IMPORT, IMPORT_UPLOAD, IMPORT_STATE,
)
