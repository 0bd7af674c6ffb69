"""Lists that are matched: blocklists and term lists."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.storage.holdings.holding import SENDABLE, Holding, Portability, Shape, generation_of


def _new_blocklist(seed: str) -> Mapping[str, Any]:
    """An index that no normalising rules made: the first use builds it from the items."""
    return {"generation": generation_of(seed), "version": 1, "patternsVersion": 1,
            "index": {"rules": 0, "base": None, "segments": [], "tail": ""}}


BLOCKLIST = Holding(
    kind="blocklist", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A Content Safety blocklist, with the manifest of its compiled index and the key that makes its item ids.",
    key="blocklist name", content=("description", "itemKey", "index"), plain=("version", "patternsVersion", "generation"),
    schema={"id": {"type": "string", "pattern": r"^[0-9A-Za-z._~-]{1,64}$"},
            "description": {"type": "string", "maxLength": 1024, "pattern": SENDABLE},
            "itemKey": {"type": "string", "pattern": r"^[0-9a-f]{64}$"}},
    fresh=_new_blocklist,
    retention="until the owner deletes it or the account ends")

BLOCKLIST_ITEM = Holding(
    kind="blocklist-item", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="One item of a blocklist.",
    key="item id under the list's generation; the id is a keyed hash of the text",
    content=("text", "description", "isRegex"), parent=BLOCKLIST, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
            "text": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": SENDABLE},
            "description": {"type": "string", "maxLength": 1024, "pattern": SENDABLE},
            "isRegex": {"type": "boolean"}},
    retention="until the owner deletes it, its list or the account")

BLOCKLIST_INDEX = Holding(
    kind="blocklist-index", shape=Shape.BLOB, portability=Portability.DERIVED,
    keeps="A segment of a blocklist's compiled index: keyed hashes of terms and item ids, no readable term.",
    key="list generation and segment id", parent=BLOCKLIST, parent_key="generation",
    retention="until a compaction replaces it or the list is deleted")

LIST_NUMBER = Holding(
    kind="list-number", shape=Shape.RECORD, portability=Portability.DERIVED,
    keeps="The number of the last list of a kind that was made: no number is given twice.",
    key="kind of the lists", content=("last",),
    retention="until the account ends")


def _new_term_list(seed: str) -> Mapping[str, Any]:
    return {"generation": generation_of(seed)}


TERM_LIST = Holding(
    kind="term-list", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A Content Moderator term list.",
    key="list number", content=("name", "description", "metadata"), plain=("generation",),
    schema={"id": {"type": "string", "pattern": r"^[1-9][0-9]{0,8}$"},
            "name": {"type": "string", "maxLength": 128, "pattern": SENDABLE},
            "description": {"type": "string", "maxLength": 1024, "pattern": SENDABLE},
            "metadata": {"type": "object", "maxProperties": 20,
                         "propertyNames": {"minLength": 1, "maxLength": 64, "pattern": SENDABLE},
                         "additionalProperties": {"type": "string", "maxLength": 256, "pattern": SENDABLE}}},
    fresh=_new_term_list,
    retention="until the owner deletes it or the account ends")


def _new_term_language(seed: str) -> Mapping[str, Any]:
    return {"generation": generation_of(seed), "version": 1,
            "index": {"rules": 0, "base": None, "segments": [], "tail": ""}}


TERM_LANGUAGE = Holding(
    kind="term-language", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="That a term list has terms of a language: the manifest of their compiled index and the key that makes their ids.",
    key="list number and language code under the list's generation", content=("itemKey", "index"), plain=("version", "generation"),
    parent=TERM_LIST, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[1-9][0-9]{0,8}-[a-z]{3}$"},
            "itemKey": {"type": "string", "pattern": r"^[0-9a-f]{64}$"}},
    fresh=_new_term_language,
    retention="until the owner deletes all terms of the language, the list or the account")

TERM = Holding(
    kind="term", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="One term of a term list.",
    key="keyed hash of the term, under the generation of its language in its list", content=("text",),
    parent=TERM_LANGUAGE, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[0-9a-f]{32}$"},
            "text": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": SENDABLE}},
    retention="until the owner deletes it, all terms of its language, its list or the account")

TERM_LIST_INDEX = Holding(
    kind="term-list-index", shape=Shape.BLOB, portability=Portability.DERIVED,
    keeps="A segment of the compiled index of a language in a term list: keyed hashes of terms and their ids, no readable term.",
    key="generation of the language in the list, and segment id", parent=TERM_LANGUAGE, parent_key="generation",
    retention="until a compaction replaces it or the terms are deleted")
