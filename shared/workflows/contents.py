"""A content on its way to what analyses it: a text, a picture, or a picture that lies at an address."""
from __future__ import annotations

from shared.errors import InvalidRequest
from shared.imaging.decoding import decode
from shared.imaging.models import ImageSizeRefused
from shared.outbound.client import GuardedClient
from shared.outbound.failures import FetchTooLarge
from shared.reviews.rules import PICTURES
from shared.storage.account_store import AccountStore
from shared.workflows.analysis import Analysers, PictureAnalysis, RememberedAnalysis, WrittenAnalysis
from shared.workflows.models import ContentType

TEXT_CHARACTERS = 10_000


class Contents:
    def __init__(self, outbound: GuardedClient, analysers: Analysers) -> None:
        self._outbound = outbound
        self._analysers = analysers

    def analysis(self, account: AccountStore, content_type: ContentType, content: str | bytes) -> RememberedAnalysis:
        """Raises InvalidRequest: a text that is too long, a picture that is refused or not there."""
        if content_type is ContentType.TEXT:
            return RememberedAnalysis(WrittenAnalysis(account, checked_text(content), self._analysers))
        return RememberedAnalysis(PictureAnalysis(account, decode(self.picture(content), PICTURES), self._analysers))

    def picture(self, content: str | bytes) -> bytes:
        """The picture itself, fetched where this is its address. Raises ImageSizeRefused, FetchFailed."""
        if isinstance(content, bytes):
            return content
        try:
            return self._outbound.fetch(content, PICTURES.size_bytes).content
        except FetchTooLarge:
            raise ImageSizeRefused(f"The image may have {PICTURES.size_bytes} bytes at the most; the one at the URL has more.") from None


def checked_text(content: str | bytes) -> str:
    if not isinstance(content, str) or not content or len(content) > TEXT_CHARACTERS:
        raise InvalidRequest(f"The content must be a text of 1 to {TEXT_CHARACTERS} characters.")
    return content
