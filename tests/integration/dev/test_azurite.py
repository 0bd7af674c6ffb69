"""The emulator as the tests and `dev run` start it."""
from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection


def test_a_connection_stays_open_for_minutes_so_that_no_client_meets_one_that_closes(azurite):
    for port in azurite.ports:
        with closing(HTTPConnection("127.0.0.1", port)) as connection:
            connection.request("GET", "/devstoreaccount1?comp=list")
            assert connection.getresponse().headers["Keep-Alive"] == "timeout=600"
