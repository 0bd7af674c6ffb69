"""The readable page shows what a document says, as text and never as markup."""
from __future__ import annotations

from shared.errors import NotFound
from shared.http.openapi import openapi_document
from shared.http.operation import Auth, Call
from shared.http.reference_page import reference_page
from tests.unit.http.things import Thing, ThingQuery, new_api


def page() -> str:
    api = new_api("1")
    api.name = "Things & <more>"

    @api.operation("POST", "all", auth=Auth.ACCOUNT, errors=(NotFound,))
    def post_things(call: Call, query: ThingQuery, body: Thing) -> Thing:
        """Post <b>things</b> & more.

        At length.
        """
    return reference_page(openapi_document([api], "Title <x>"))


def test_what_operations_say_is_escaped():
    assert "<b>things" not in page()
    assert "Post &lt;b&gt;things&lt;/b&gt; &amp; more." in page()
    assert "Things &amp; &lt;more&gt;" in page()
    assert "<title>Title &lt;x&gt;" in page()


def test_parameters_body_answers_and_credentials_are_shown():
    for shown in ("<code>size</code>", "<code>api-version</code>", "Ocp-Apim-Subscription-Key", "weight", "404",
                  "At length."):
        assert shown in page()
