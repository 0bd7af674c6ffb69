"""What people did with reviews, and what a member has at hand."""
from __future__ import annotations

from shared.storage.holdings.holding import Holding, Portability, Shape
from shared.storage.holdings.reviews import ACTION_ID, ACTION_PROPERTIES, REVIEW, REVIEW_QUEUE

REVIEW_ACTION = Holding(
    kind="review-action", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A line of a review's history: a decision, a skip, a comment, a decision taken back, a second opinion asked for, an appeal; "
          "when, and by the member of which id.",
    key="time and chance under the review's generation", content=tuple(ACTION_PROPERTIES), parent=REVIEW, parent_key="generation",
    schema={"id": {"type": "string", "pattern": ACTION_ID}, **ACTION_PROPERTIES},
    retention="as long as its review")

REVIEW_HOLD = Holding(
    kind="review-hold", shape=Shape.RECORD, portability=Portability.DERIVED,
    keeps="Which review a member was given last, so that asking again finds it.",
    key="member id under the queue's generation", content=("reviewId",), plain=("expiresAt",), parent=REVIEW_QUEUE,
    parent_key="generation", expires="expiresAt",
    retention="REVIEW_LEASE_MINUTES after it was given")
