"""Content Safety text analysis: the wire."""
from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.api.content_safety.blocklists import BlocklistName
from shared.api.content_safety.wire import CategoryAnalysis, Wire, api
from shared.api.engine_headers import engine_headers
from shared.errors import NotFound, QuotaExceeded
from shared.http.operation import Auth, Call, Reply
from shared.text_analysis.models import Category
from shared.text_analysis.severity import four_level

TEXT_LIMIT = 10_000
BLOCKLISTS_PER_CALL = 100


class OutputType(StrEnum):
    FOUR = "FourSeverityLevels"
    EIGHT = "EightSeverityLevels"


class AnalyzeTextOptions(Wire):
    text: str = Field(max_length=TEXT_LIMIT)
    categories: list[Category] | None = None
    blocklist_names: Annotated[list[BlocklistName], Field(max_length=BLOCKLISTS_PER_CALL)] | None = None
    halt_on_blocklist_hit: bool | None = None
    output_type: OutputType | None = None


class BlocklistMatchBody(Wire):
    blocklist_name: str
    blocklist_item_id: str
    blocklist_item_text: str


class AnalyzeTextResult(Wire):
    blocklists_match: list[BlocklistMatchBody]
    categories_analysis: list[CategoryAnalysis]


@api.operation("POST", "text:analyze", auth=Auth.ACCOUNT, errors=(NotFound, QuotaExceeded), audit=False)
def analyze_text(call: Call, body: AnalyzeTextOptions) -> Reply[AnalyzeTextResult]:
    """Severity of up to 10,000 code points in each category, and hits of blocklists. Nothing of it is kept.

    Source: TextOperations_AnalyzeText, 2024-09-01.
    """
    analysis = call.services.text_analysis.analyze(
        call.account, body.text, body.categories or (), body.blocklist_names or (), bool(body.halt_on_blocklist_hit))
    matches = [BlocklistMatchBody(blocklist_name=match.blocklist_name, blocklist_item_id=match.item_id,
                                  blocklist_item_text=match.item_text) for match in analysis.matches]
    level = int if body.output_type is OutputType.EIGHT else four_level
    categories = [CategoryAnalysis(category=category, severity=level(severity)) for category, severity in analysis.severities.items()]
    headers = engine_headers(analysis.engine, analysis.model_version)
    return Reply(AnalyzeTextResult(blocklists_match=matches, categories_analysis=categories), headers=headers)
