"""Lists of PDQ hashes as CSV, in the forms that organisations exchange.

Written: `signal_type,signal_str,quality,tags,label`, as python-threatexchange names the first two. Read: any columns in any
order, of which one is `signal_str` or `hash`; or, without a first line that names one, the hash first and all else ignored,
as in the samples of hasher-matcher-actioner. What the columns of others mean beyond that is not ours to guess.
"""
from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from shared.api.content_moderator.csv_rows import columns_of, csv_rows
from shared.api.content_moderator.image_tags import tags_and_label
from shared.errors import InvalidRequest
from shared.image_lists.intake import new_hash
from shared.image_lists.models import ListImage, NewImage, RefusedEntry

HASH_COLUMNS = ("signal_str", "hash")
WRITTEN_COLUMNS = ("signal_type", "signal_str", "quality", "tags", "label")
LEAST_QUALITY = 50
_BEST_QUALITY = 100
_HASH = re.compile("[0-9a-f]{64}", re.ASCII)
_QUALITY = re.compile("[0-9]{1,3}", re.ASCII)


def hash_lines(body: bytes) -> Iterator[tuple[int, NewImage] | RefusedEntry]:
    """The lines that hold anything, numbered from 1."""
    columns: Mapping[str, int] | None = None
    for number, row in csv_rows(body):
        if row is None:
            yield RefusedEntry(number, "it is no CSV; after a quotation mark that is not closed nothing is read")
            continue
        if columns is None:
            columns = columns_of(row, ("signal_type", *HASH_COLUMNS, "quality", "tags", "label"))
            if columns.keys() & set(HASH_COLUMNS):
                continue
            columns = {"hash": 0}
        try:
            yield number, _hash(row, columns)
        except InvalidRequest as refusal:
            yield RefusedEntry(number, refusal.message)


def hash_list(images: Iterable[ListImage], with_header: bool) -> str:
    """The PDQ hashes of images that have one, as CSV."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    if with_header:
        lines.writerow(WRITTEN_COLUMNS)
    for image in images:
        kept = image.image
        if kept.pdq and kept.pdq_quality >= LEAST_QUALITY:
            lines.writerow(("pdq", kept.pdq, kept.pdq_quality, " ".join(map(str, kept.tags)), kept.label))
    return text.getvalue()


def _hash(row: Sequence[str], columns: Mapping[str, int]) -> NewImage:
    """Raises InvalidRequest."""
    cells = {name: row[place].strip() for name, place in columns.items() if place < len(row)}
    if cells.get("signal_type", "pdq").lower() != "pdq":
        raise InvalidRequest("its signal_type is not pdq")
    sent = next((cells[name] for name in HASH_COLUMNS if name in cells), "").lower()
    if not _HASH.fullmatch(sent):
        raise InvalidRequest("its hash has not 64 hexadecimal digits")
    quality = cells.get("quality", "")
    if quality and (not _QUALITY.fullmatch(quality) or int(quality) > _BEST_QUALITY):
        raise InvalidRequest("its quality is no whole number from 0 to 100")
    if quality and int(quality) < LEAST_QUALITY:
        raise InvalidRequest(f"its quality is below {LEAST_QUALITY}: unrelated pictures would match")
    # Tags of others are words, which say nothing to a client of ours.
    numbers = " ".join(part for part in cells.get("tags", "").split() if part.isdecimal())
    return new_hash(sent, int(quality or _BEST_QUALITY), *tags_and_label(numbers, cells.get("label", "")))
