"""Copying term lists from one account to another by the command, as from a live Content Moderator: this service is the source."""
from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import pytest

from dev.import_content_moderator import SOURCE_KEY_VARIABLE, main
from tests.e2e.conftest import Served, ServedAccount
from tests.pictures import encoded, pixels

ROOT = Path(__file__).resolve().parents[2]
JSON = "application/json"


@pytest.fixture
def source(worker: Served) -> ServedAccount:
    account = worker.account()
    lists = account.content_moderator().list_management_term_lists
    lists.create(JSON, {"name": "Garden", "description": "what grows", "metadata": {"season": "all"}})
    lists.create(JSON, {"name": "Empty"})
    lists.create(JSON, {"name": "Empty"})
    terms = account.content_moderator().list_management_term
    for term, language in (("leek", "eng"), ("and/or 🥕", "eng"), ("chou", "fra"), ("kaal", "afr")):
        terms.add_term("1", term, language)
    images = account.content_moderator()
    images.list_management_image_lists.create(JSON, {"name": "Pictures", "metadata": {"MatchDistance": "31"}})
    images.list_management_image.add_image_file_input("1", io.BytesIO(encoded(pixels(1))))
    with account.http() as http:
        many = "".join(f'"n{number}"\n' for number in range(2_500))
        http.post("/contentmoderator/lists/v1.0/termlists/1/terms:import?language=deu", content=many,
                  headers={"Content-Type": "application/x-ndjson"}).raise_for_status()
    return account


def copy(source: ServedAccount, *options: str, target: ServedAccount | None = None,
         key: str | None = None) -> subprocess.CompletedProcess[str]:
    to = ["--to", target.endpoint] if target else []
    environ = {**os.environ, "CONTENT_MODERATOR_KEY": key or source.key1, "MODERATO_KEY": target.key1 if target else ""}
    return subprocess.run([sys.executable, "dev", "import-content-moderator", "--from", source.endpoint, *to, *options],
                          cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)


def test_lists_and_their_terms_come_over_once_however_often_they_are_copied(source: ServedAccount, elsewhere: ServedAccount):
    first = copy(source, target=elsewhere)
    second = copy(source, target=elsewhere)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "list 1 Garden: deu 2,500, eng 2, fra 1 -> list 1: 2,503 new, 0 there before" in first.stdout
    assert "list 1 Garden: deu 2,500, eng 2, fra 1 -> list 1: 0 new, 2,503 there before" in second.stdout
    assert "image list 1 Pictures: 1 images (content ids 1) -> list 1, empty" in first.stdout
    client = elsewhere.content_moderator()
    (image_list,) = client.list_management_image_lists.get_all_image_lists()
    assert (image_list.name, image_list.metadata) == ("Pictures", {"MatchDistance": "31"})
    lists = client.list_management_term_lists.get_all_term_lists()
    assert [(each.id, each.name, each.description, each.metadata) for each in lists] == [
        (1, "Garden", "what grows", {"season": "all"}), (2, "Empty", "", {}), (3, "Empty", "", {})]
    assert {each.term for each in client.list_management_term.get_all_terms("1", "eng").data.terms} == {"leek", "and/or 🥕"}
    assert client.list_management_term.get_all_terms("1", "deu").paging.total == 2_500
    assert source.key1 not in first.stdout + first.stderr


def test_only_the_languages_that_are_asked_for_are_read(source: ServedAccount, served: ServedAccount):
    copied = copy(source, "--languages", "afr, FRA", target=served)

    assert copied.returncode == 0
    assert "list 1 Garden: afr 1, fra 1 -> list 1: 2 new" in copied.stdout
    assert served.content_moderator().list_management_term.get_all_terms("1", "deu").paging.total == 0


@pytest.fixture
def source_with_holes():
    """The address of a Content Moderator with one list, of whose 2,002 places for terms the first thousand tell none."""
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
            offset, limit = (int(query.get(name, 0)) for name in ("offset", "limit"))
            places = [None] * 1_000 + [""] * 1_000 + ["leek", "turnip"] if query.get("language") == "eng" else []
            page = [{"Index": place, "Term": places[place]} for place in range(offset, min(offset + limit, len(places)))]
            terms = {"Data": {"Language": "eng", "Terms": [each for each in page if each["Term"] is not None], "Status": None,
                              "TrackingId": ""}, "Paging": {"Total": len(places), "Limit": limit, "Offset": offset, "Returned": len(page)}}
            lists = [{"Id": 7, "Name": "Holes", "Description": "", "Metadata": {}}]
            body = json.dumps(terms if path.endswith("/terms") else lists if path.endswith("/termlists") else []).encode()
            self.send_response(200)
            self.send_header("Content-Type", JSON)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Nothing."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_pages_without_a_term_do_not_end_a_list(source_with_holes, monkeypatch, capsys):
    monkeypatch.setenv(SOURCE_KEY_VARIABLE, "k" * 32)

    assert main(["--from", source_with_holes, "--languages", "eng,fra"]) == 0
    assert "list 7 Holes: eng 2\n" in capsys.readouterr().out


def test_without_a_target_it_says_what_there_is_and_writes_nothing(source: ServedAccount):
    told = copy(source)

    assert told.returncode == 0
    assert "list 1 Garden: deu 2,500, eng 2, fra 1\n" in told.stdout
    assert "nothing was written" in told.stdout


def test_what_the_target_refuses_is_in_the_report_and_the_rest_is_copied(start_worker, source: ServedAccount):
    small = start_worker(TERM_LIMIT="2", TERM_LIST_LIMIT="2")
    target = small.account()

    copied = copy(source, "--languages", "eng,fra", target=target)

    assert copied.returncode == 1
    assert "2 new" in copied.stdout and "was refused: the list has its 2 terms" in copied.stdout
    assert "not copied: the list could not be made" in copied.stdout


def test_a_source_that_refuses_the_key_or_is_not_there_ends_with_one_line(source: ServedAccount, served: ServedAccount):
    refused = copy(source, key="0" * 64)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1] == "import-content-moderator: it could not be read or made: the service answered 401"
    assert "Traceback" not in refused.stderr
    assert copy(source, "--from", "ftp://nowhere").stderr.startswith("import-content-moderator: an endpoint must begin with")
