"""Forwarding: the operator's own Azure AI Content Safety resource judges the texts. They leave this deployment for it."""

from __future__ import annotations

from typing import Any

from azure.ai.contentsafety.models import AnalyzeTextOptions, AnalyzeTextOutputType
from azure.core.credentials import TokenCredential

from shared.text_analysis.azure_resource import ENGINE, ENGINE_VERSION, AzureResource
from shared.text_analysis.models import Category, Judgement


class AzureTextModel:
    """Safe on many threads. It asks for severities alone; the resource gives no probabilities."""

    engine = ENGINE
    version = ENGINE_VERSION

    def __init__(self, endpoint: str, credential: str | TokenCredential, **options: Any) -> None:
        """`credential` is a key of the resource, or an identity that may use it; `options` go to the client."""
        self._resource = AzureResource("text engine", endpoint, credential, **options)

    def judge(self, text: str) -> Judgement:
        """Return the severities that the resource gives. An empty text is not sent: nothing in it is harmful.

        Raises QuotaExceeded where the resource is asked too often, Unavailable for whatever else goes wrong.
        """
        if not text.strip():
            return Judgement(dict.fromkeys(Category, 0), None)
        request = AnalyzeTextOptions(text=text.encode(errors="replace").decode(), categories=list(map(str, Category)),
                                     output_type=AnalyzeTextOutputType.EIGHT_SEVERITY_LEVELS)
        return Judgement(self._resource.severities(lambda client: client.analyze_text(request)), None)

    def check(self) -> None:
        """Raises Unavailable where the resource does not answer or refuses the credential."""
        self._resource.check()
