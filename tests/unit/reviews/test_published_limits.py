"""The figures that the page on reviews names: tests elsewhere stand on both sides of each limit by its name."""
from __future__ import annotations

from datetime import timedelta

from shared.callbacks import keys, sending
from shared.reviews import decision_models, rules
from shared.teams import models
from shared.teams import rules as team_rules
from shared.workflows import contents, expressions, jobs
from shared.workflows import models as workflow_models


def test_teams():
    assert (models.TEAM_LIMIT, models.SUB_TEAM_LIMIT, models.MEMBER_LIMIT, models.TAG_LIMIT) == (100, 100, 500, 100)
    assert (team_rules.NAME_CHARACTERS, team_rules.EMAIL_CHARACTERS, team_rules.DESCRIPTION_CHARACTERS) == (128, 254, 1024)


def test_reviews_and_their_videos():
    assert (rules.REVIEWS_AT_ONCE, rules.PICTURES_AT_ONCE, rules.FRAMES_AT_ONCE, rules.FRAME_LIMIT) == (100, 100, 500, 5_000)
    assert (rules.PICTURES.size_bytes, rules.PICTURES.min_side_px) == (4 * 1024 * 1024, 1)
    assert (rules.TEXT_CHARACTERS, rules.CONTENT_ID_CHARACTERS, rules.CALLBACK_CHARACTERS) == (32_768, 512, 2_048)
    assert (rules.PAIRS, rules.KEY_CHARACTERS, rules.VALUE_CHARACTERS, rules.PAIRS_BYTES) == (50, 128, 1_024, 16 * 1024)
    assert (rules.TRANSCRIPT_CHARACTERS, rules.TRANSCRIPT_MOMENTS, rules.TERMS_AT_ONE_TIME, rules.TERM_CHARACTERS) == (
        1_048_576, 10_000, 100, 256)


def test_what_members_do():
    assert (decision_models.OPINION_LIMIT, decision_models.ACTION_LIMIT, decision_models.COMMENT_CHARACTERS,
            decision_models.UNDO_MINUTES) == (5, 1_000, 1_024, 10)


def test_workflows_and_jobs():
    assert (workflow_models.WORKFLOW_LIMIT, expressions.EXPRESSION_BYTES) == (100, 32 * 1024)
    assert (expressions.MOST_NODES, expressions.MOST_DEPTH) == (200, 16)
    assert (contents.TEXT_CHARACTERS, jobs.KEPT_FOR) == (10_000, timedelta(days=30))


def test_callbacks():
    assert sending.PAUSES_SECONDS == (10, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800)
    assert (sending.ATTEMPT_SECONDS, sending.JITTER, keys.PREVIOUS_KEY_LIFETIME) == (10, 0.2, timedelta(hours=24))
