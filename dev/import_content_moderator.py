"""`python3 dev import-content-moderator --from URL --key KEY --to URL --to-key KEY`: copy lists out of a live Content Moderator.

Everything is read through the official client. Without --to nothing is written: the report says what there is. Giving the
command again is safe: a list with the same name, description and metadata is gone on with, and a term is there once.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from azure.cognitiveservices.vision.contentmoderator import ContentModeratorClient
from azure.cognitiveservices.vision.contentmoderator.models import APIErrorException, Body
from msrest.authentication import CognitiveServicesCredentials
from msrest.exceptions import ClientException

from dev.account_client import KEY_VARIABLE, CommandFailed, key_from
from dev.copied_image_lists import CopiedImageList, copied_image_lists, image_list_lines, properties
from dev.progress import ProgressBar

SOURCE_KEY_VARIABLE = "CONTENT_MODERATOR_KEY"
LANGUAGES = ("ara,ces,dan,deu,ell,eng,fas,fin,fra,heb,hin,hun,ind,ita,jpn,kor,msa,nld,nor,pol,por,ron,rus,spa,swe,tha,tur,ukr,vie,"
             "zho")
_PAGE = 1_000
_TERMS_AT_ONCE = 20_000
_TRIES = 6
_REFUSED_SHOWN = 10
_IMPORT_SECONDS = 230
T = TypeVar("T")


@dataclass
class CopiedList:
    """What became of one list; `problems` are sentences for the terminal."""

    source_id: int
    name: str
    target_id: int | None = None
    read: dict[str, int] = field(default_factory=dict)
    taken: int = 0
    already_there: int = 0
    problems: list[str] = field(default_factory=list)


def main(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    try:
        source = client_of(arguments.source, arguments.key or os.environ.get(SOURCE_KEY_VARIABLE, ""), SOURCE_KEY_VARIABLE)
        target = Target(arguments.to, key_from(arguments.to_key)) if arguments.to else None
        languages = [code.strip().lower() for code in arguments.languages.split(",") if code.strip()]
        copied = Copy(source, target, languages).run()
        images = copied_image_lists(source, target.client if target else None, again)
    except CommandFailed as failure:
        print(f"import-content-moderator: {failure}", file=sys.stderr)
        return 1
    print(report(copied, images, languages, is_written=target is not None))
    return 1 if any(each.problems for each in copied) or any(each.problem for each in images or ()) else 0


def client_of(endpoint: str, key: str, variable: str) -> ContentModeratorClient:
    """The official client. Raises CommandFailed where address or key cannot be one."""
    if urlsplit(endpoint).scheme not in ("http", "https"):
        raise CommandFailed("an endpoint must begin with https:// or http://")
    if not key:
        raise CommandFailed(f"give the key with --key or in {variable}")
    client = ContentModeratorClient(endpoint.rstrip("/"), CognitiveServicesCredentials(key))
    # A proxy of the environment has no business between two processes of this machine.
    client.config.proxies.use_env_settings = urlsplit(endpoint).hostname not in ("127.0.0.1", "localhost", "::1")
    return client


class Target:
    """The account that the lists come into: lists by the official client, terms by our bulk operation."""

    def __init__(self, endpoint: str, key: str) -> None:
        self.client = client_of(endpoint, key, KEY_VARIABLE)
        is_local = urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")
        self._http = httpx.Client(base_url=endpoint.rstrip("/"), headers={"Ocp-Apim-Subscription-Key": key},
                                  timeout=httpx.Timeout(_IMPORT_SECONDS, connect=10), trust_env=not is_local)
        self._unclaimed = [(each.id, properties(each)) for each in again(self.client.list_management_term_lists.get_all_term_lists)]

    def list_for(self, source_list: Any) -> int:
        """The id of the list that this one goes into: of one with the same properties that no other has yet, or of a new one."""
        wanted = properties(source_list)
        for entry in self._unclaimed:
            if entry[1] == wanted:
                self._unclaimed.remove(entry)
                return entry[0]
        name, description, metadata = wanted
        return again(lambda: self.client.list_management_term_lists.create(
            "application/json", Body(name=name, description=description, metadata=metadata))).id

    def add(self, list_id: int, language: str, terms: list[str]) -> dict[str, Any]:
        """The service's report. Raises CommandFailed."""
        lines = "".join(json.dumps(term) + "\n" for term in terms)
        return again(lambda: self._import(list_id, language, lines))

    def _import(self, list_id: int, language: str, lines: str) -> dict[str, Any]:
        answer = self._http.post(f"/contentmoderator/lists/v1.0/termlists/{list_id}/terms:import", params={"language": language},
                                 content=lines, headers={"Content-Type": "application/x-ndjson"})
        if answer.status_code != 200:
            raise Unwilling(answer.status_code, f"terms could not be added to list {list_id}")
        return answer.json()


class Unwilling(CommandFailed):
    """A service answered, and did not do it."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(f"{what}: the service answered {status}")
        self.status = status


class Copy:
    def __init__(self, source: ContentModeratorClient, target: Target | None, languages: list[str]) -> None:
        self._source = source
        self._target = target
        self._languages = languages

    def run(self) -> list[CopiedList]:
        """Raises CommandFailed where the source cannot be read at all; what is wrong with one list is noted with it."""
        lists = again(self._source.list_management_term_lists.get_all_term_lists)
        bar, copied = ProgressBar("copying"), []
        for place, source_list in enumerate(lists):
            copied.append(CopiedList(source_list.id, source_list.name or ""))
            try:
                if self._target:
                    copied[-1].target_id = self._target.list_for(source_list)
            except CommandFailed as failure:
                copied[-1].problems.append(f"the list could not be made: {failure}")
                continue
            for number, language in enumerate(self._languages):
                bar.show(place * len(self._languages) + number, len(lists) * len(self._languages),
                         f"list {place + 1} of {len(lists)}, {language}: {sum(copied[-1].read.values()):,} terms")
                self._copy_language(copied[-1], language)
        bar.show(1, 1, f"{sum(sum(each.read.values()) for each in copied):,} terms")
        bar.close()
        return copied

    def _copy_language(self, copied: CopiedList, language: str) -> None:
        waiting: list[str] = []
        try:
            for page in self._pages(str(copied.source_id), language):
                if page:
                    copied.read[language] = copied.read.get(language, 0) + len(page)
                waiting += page
                if len(waiting) >= _TERMS_AT_ONCE:
                    self._add(copied, language, waiting)
                    waiting = []
            if waiting:
                self._add(copied, language, waiting)
        except CommandFailed as failure:
            copied.problems.append(f"{language}: {failure}")

    def _pages(self, list_id: str, language: str) -> Iterator[list[str]]:
        offset = 0
        while True:
            answer = again(lambda offset=offset: self._source.list_management_term.get_all_terms(
                list_id, language, offset=offset, limit=_PAGE))
            page = (answer.data.terms if answer.data else None) or []
            total = answer.paging.total if answer.paging else None
            if not page and (total is None or offset >= total):
                return
            yield [each.term for each in page if each.term]
            offset += len(page) or _PAGE  # an empty page in the middle has terms that are being written or removed
            if total is not None and offset >= total:
                return

    def _add(self, copied: CopiedList, language: str, terms: list[str]) -> None:
        if self._target is None or copied.target_id is None:
            return
        told = self._target.add(copied.target_id, language, terms)
        copied.taken += told["Taken"]
        copied.already_there += told["AlreadyThere"]
        for line in told["RefusedLines"][:_REFUSED_SHOWN]:
            copied.problems.append(f"{language}: {ascii(terms[line['Line'] - 1])} was refused: {line['Reason']}")
        if told["Refused"] > _REFUSED_SHOWN:
            copied.problems.append(f"{language}: {told['Refused'] - _REFUSED_SHOWN:,} terms more were refused")


def report(copied: list[CopiedList], images: list[CopiedImageList] | None, languages: list[str], is_written: bool) -> str:
    """What was read, what came of it, and what cannot be copied."""
    lines = [f"{len(copied)} term lists, read in {len(languages)} languages: {', '.join(languages)}"]
    for each in copied:
        read = ", ".join(f"{language} {count:,}" for language, count in each.read.items()) or "no terms in these languages"
        came = f" -> list {each.target_id}: {each.taken:,} new, {each.already_there:,} there before" if each.target_id else ""
        lines.append(f"  list {each.source_id} {ascii(each.name)[1:-1]}: {read}{came}")
        lines += [f"    not copied: {problem}" for problem in each.problems]
    if not is_written:
        lines.append("nothing was written: give --to and --to-key to copy them")
    lines += image_list_lines(images)
    lines.append("custom tags, users and teams have no operation that reads them; terms of other languages: see --languages")
    return "\n".join(lines)


def again(act: Callable[[], T]) -> T:
    """What it brings; where there is no answer, or the service is busy, asked for several times. Raises CommandFailed."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return act()
        except APIErrorException as error:
            status = error.response.status_code if error.response is not None else 0
            failure: CommandFailed = Unwilling(status, "it could not be read or made")
        except Unwilling as error:
            status, failure = error.status, error
        except (ClientException, httpx.HTTPError) as error:
            status, failure = 0, CommandFailed(f"no answer: {type(error).__name__}")
        if not tries_left or (status and status not in (429, 500, 502, 503, 504)):
            raise failure
        time.sleep(2 ** (_TRIES - tries_left) / 4)
    raise AssertionError("the loop returns or raises")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 dev import-content-moderator",
                                     description="Copy lists out of a live Content Moderator.")
    parser.add_argument("--from", dest="source", required=True, metavar="URL", help="endpoint of the Content Moderator")
    parser.add_argument("--key", help=f"its key; better in the environment, as {SOURCE_KEY_VARIABLE}, where ps does not show it")
    parser.add_argument("--to", metavar="URL", help="address of this service; without it nothing is written")
    parser.add_argument("--to-key", help=f"key of the account; better in the environment, as {KEY_VARIABLE}")
    parser.add_argument("--languages", default=LANGUAGES, metavar="CODES",
                        help="codes (ISO 639-3) to read terms of, with commas: the service tells terms of one language at a time, and "
                             f"not of which there are any; {LANGUAGES.replace(',', ' ')} unless given")
    return parser
