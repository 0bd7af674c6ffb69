"""The figures on the page are those of the shipped weights."""
from __future__ import annotations

import json

from dev.text_training import card
from shared.text_analysis.built_in_model import CALIBRATION, SHIPPED


def metrics():
    return json.loads(card.METRICS.read_text("utf-8"))


def test_metrics_are_those_of_the_shipped_weights():
    stored = json.loads((SHIPPED / CALIBRATION).read_text("utf-8"))
    assert (metrics()["version"], metrics()["cuts"]) == (stored["version"], stored["cuts"])


def test_the_page_shows_the_metrics():
    assert card.shown(card.PAGE.read_text("utf-8")) == card.figures(metrics())
