"""Workflows of a team, and the jobs that run them."""
from __future__ import annotations

from shared.storage.holdings.holding import SENDABLE, Holding, Portability, Shape
from shared.storage.holdings.teams import TEAM, TEAM_KEY, TEAM_NAME

WORKFLOW = Holding(
    kind="workflow", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A workflow of a team: by what a review is to be created; the workflow `default` exists without a record.",
    key="workflow name in lower case under the team's generation", content=("name", "description", "type", "expression"),
    parent=TEAM, parent_key="generation",
    schema={"id": {"type": "string", "pattern": TEAM_KEY},
            "name": {"type": "string", "pattern": TEAM_NAME},
            "description": {"type": "string", "maxLength": 1024, "pattern": SENDABLE},
            "type": {"enum": ["Image", "Text"]},
            "expression": {"type": "object"}},
    retention="until the owner deletes it, its team or the account")

REVIEW_JOB = Holding(
    kind="review-job", shape=Shape.RECORD, portability=Portability.TRANSIENT,
    keeps="A job: what workflow was run on what, what machines said, each step, and the id of the review that came of it.",
    key="job id under the team's generation",
    content=("workflow", "type", "contentId", "callbackEndpoint", "isFetched", "createdAt", "status", "reviewId", "results", "report",
             "runs"),
    plain=("nextRunAt", "expiresAt"), parent=TEAM, parent_key="generation", expires="expiresAt",
    retention="30 days, or until its team or the account ends")

REVIEW_JOB_CONTENT = Holding(
    kind="review-job-content", shape=Shape.BLOB, portability=Portability.TRANSIENT,
    keeps="The content that a job is about: a text, a picture, or the address of one.",
    key="job id and `content`", parent=REVIEW_JOB, retention="until its job ends")
