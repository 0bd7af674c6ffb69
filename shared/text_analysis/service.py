"""Text analysis: severities of the four categories, and hits of the account's blocklists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.blocklists.matcher import BlocklistMatcher
from shared.blocklists.models import BlocklistMatch
from shared.storage.account_store import AccountStore
from shared.text_analysis.models import Category, TextModel


@dataclass(frozen=True, slots=True)
class TextAnalysis:
    """`severities` go from 0 to 7. Where a blocklist hit halted the analysis they are empty and no model was asked."""

    matches: Sequence[BlocklistMatch]
    severities: Mapping[Category, int]
    model_version: str | None
    engine: str | None = None


class TextAnalysisService:
    def __init__(self, matcher: BlocklistMatcher, load_model: Callable[[], TextModel]) -> None:
        """`load_model` is called at first use, so that a cold request for a list does not load it."""
        self._matcher = matcher
        self._load_model = load_model

    def analyze(
        self,
        account: AccountStore,
        text: str,
        categories: Sequence[Category],
        blocklist_names: Sequence[str],
        halt_on_blocklist_hit: bool,
    ) -> TextAnalysis:
        """No categories means all of them. Raises NotFound if a blocklist does not exist."""
        matches = self._matcher.match(account, blocklist_names, text)
        if matches and halt_on_blocklist_hit:
            return TextAnalysis(matches, {}, None)
        model = self._load_model()
        severities = model.judge(text).severities
        wanted = categories or list(Category)
        return TextAnalysis(
            matches, {category: severities[category] for category in Category if category in wanted}, model.version,
            model.engine,
        )
