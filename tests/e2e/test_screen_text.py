"""Screen and DetectLanguage through the official client, and through a plain one for what that does not send."""
from __future__ import annotations

import io
from typing import Any

import pytest
from azure.cognitiveservices.vision.contentmoderator import ContentModeratorClient
from azure.cognitiveservices.vision.contentmoderator.models import APIErrorException
from msrest.authentication import CognitiveServicesCredentials

from tests.e2e.conftest import ServedAccount

# Of the published example, but for the term, which is as mild.
TEXT = "Is this a crap email abcdef@abcd.com, phone: 6657789887, IP: 255.255.255.255, 1 Microsoft Way, Redmond, WA 98052"
SCREEN = "/contentmoderator/moderate/v1.0/ProcessText/Screen"
DETECT = "/contentmoderator/moderate/v1.0/ProcessText/DetectLanguage"


@pytest.fixture
def client(served: ServedAccount) -> ContentModeratorClient:
    return ContentModeratorClient(served.endpoint, CognitiveServicesCredentials(served.key1))


def screen(client: ContentModeratorClient, text: str | bytes, content_type: str = "text/plain", **options: Any) -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    return client.text_moderation.screen_text(content_type, io.BytesIO(content), **options)


def test_a_plain_screening_has_the_published_shape(client: ContentModeratorClient):
    screened = screen(client, TEXT)

    assert screened.original_text == TEXT
    assert screened.normalized_text == (
        "Is this a crap email abcdef@ abcd. com, phone: 6657789887, IP: 255. 255. 255. 255, 1 Microsoft Way, Redmond, WA 98052")
    assert [(term.index, term.original_index, term.list_id, term.term) for term in screened.terms] == [(10, 10, 0, "crap")]
    assert (screened.language, screened.status.code, screened.status.description) == ("eng", 3000, "OK")
    assert screened.pii is None
    assert screened.classification is None
    assert screened.auto_corrected_text is None
    assert screened.misrepresentation is None
    assert screened.tracking_id
