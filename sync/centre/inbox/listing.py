"""LIST: which keys begin with a prefix, a page at a time, as S3 tells it in its two versions."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from sync.centre.inbox.folder import names_in
from sync.centre.inbox.names import BUCKET
from sync.centre.inbox.refusal import RefusalError

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Listed:
    """An object or, when `folder`, what keys have in common up to the delimiter."""

    key: str
    folder: bool = False
    size: int = 0
    at_ns: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What a LIST asks for."""

    prefix: str
    delimiter: str
    after: str
    most: int
    second_version: bool
    encode: bool


def question_of(query: dict[str, str]) -> Question:
    """The question of a query. Raises RefusalError."""
    delimiter = query.get("delimiter", "")
    if delimiter not in ("", "/"):
        raise RefusalError("NotImplemented", "the delimiter may be / alone")
    second = query.get("list-type") == "2"
    after = query.get("start-after", "") if second else query.get("marker", "")
    if token := query.get("continuation-token", ""):
        try:
            after = base64.b64decode(token, b"-_", validate=True).decode()
        except (binascii.Error, ValueError) as problem:
            raise RefusalError("InvalidArgument", "the continuation token isn't ours") from problem
    most = query.get("max-keys", "") or str(_MOST)
    if not most.isascii() or not most.isdigit():
        raise RefusalError("InvalidArgument", "max-keys must be a number")
    encode = query.get("encoding-type") == "url"
    return Question(query.get("prefix", ""), delimiter, after, min(int(most), _MOST), second, encode)


def answer(objects: Path, question: Question) -> bytes:
    """The page of XML for a question; the caller has made sure that the prefix may be read."""
    page: list[Listed] = []
    more = False
    for one in _walk(objects, question):
        if len(page) == question.most:
            more = True
            break
        page.append(one)
    return _xml(question, page, more and bool(page))


def _walk(objects: Path, question: Question) -> Iterator[Listed]:
    parts = question.prefix.split("/")
    if any(part in ("", ".", "..") for part in parts[:-1]) or parts[-1] in (".", ".."):
        return
    home = "/".join(parts[:-1])
    yield from _below(objects, home + "/" if home else "", parts[-1], question)


def _below(objects: Path, home: str, start: str, question: Question) -> Iterator[Listed]:
    """Keys below a folder whose next name begins with `start`, in the order of the whole keys."""
    folder = objects / home
    entries = []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if entry.name.startswith(start):
                    entries.append((entry.name + "/" if entry.is_dir() else entry.name, entry))
    except (FileNotFoundError, NotADirectoryError):
        return
    for name, entry in sorted(entries, key=lambda pair: pair[0]):
        key = home + name
        if not name.endswith("/"):
            if key > question.after:
                try:
                    stat = entry.stat()
                except FileNotFoundError:
                    continue
                yield Listed(key, False, stat.st_size, stat.st_mtime_ns)
        elif question.delimiter:
            if key > question.after and names_in(objects / key):
                yield Listed(key, True)
        elif key > question.after or question.after.startswith(key):
            yield from _below(objects, key, "", question)


def _xml(question: Question, page: list[Listed], more: bool) -> bytes:
    text = quote if question.encode else escape
    out = [f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="{_NAMESPACE}"><Name>{BUCKET}</Name>']
    out.append(f"<Prefix>{text(question.prefix)}</Prefix><MaxKeys>{question.most}</MaxKeys>")
    if question.delimiter:
        out.append(f"<Delimiter>{text(question.delimiter)}</Delimiter>")
    if question.encode:
        out.append("<EncodingType>url</EncodingType>")
    if question.second_version:
        out.append(f"<KeyCount>{len(page)}</KeyCount>")
        if more:
            token = base64.urlsafe_b64encode(page[-1].key.encode()).decode()
            out.append(f"<NextContinuationToken>{token}</NextContinuationToken>")
    else:
        out.append(f"<Marker>{text(question.after)}</Marker>")
        if more:
            out.append(f"<NextMarker>{text(page[-1].key)}</NextMarker>")
    out.append(f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>")
    for one in page:
        if one.folder:
            out.append(f"<CommonPrefixes><Prefix>{text(one.key)}</Prefix></CommonPrefixes>")
        else:
            out.append(
                f"<Contents><Key>{text(one.key)}</Key><LastModified>{_time(one.at_ns)}</LastModified>"
                f"<ETag>&quot;{etag(one.size, one.at_ns)}&quot;</ETag><Size>{one.size}</Size>"
                "<StorageClass>STANDARD</StorageClass></Contents>"
            )
    out.append("</ListBucketResult>")
    return "".join(out).encode()


def etag(size: int, at_ns: int) -> str:
    """The mark of an object's bytes; not an MD5, and it doesn't look like one."""
    return f"t{at_ns:x}-{size:x}"


def _time(at_ns: int) -> str:
    at = datetime.fromtimestamp(at_ns / 1e9, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
