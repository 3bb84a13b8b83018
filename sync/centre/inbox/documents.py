"""The small XML documents of S3: errors, uploads, deletions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from sync.centre.inbox.names import BUCKET
from sync.centre.inbox.refusal import RefusalError

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')


def error(refusal: RefusalError, resource: str, request: str) -> bytes:
    """What a refused request is told."""
    return (
        f"{_HEAD}<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message>"
        f"<Resource>{escape(resource)}</Resource><RequestId>{request}</RequestId></Error>"
    ).encode()


def upload_begun(key: str, upload: str) -> bytes:
    """The id of a new multipart upload."""
    return (
        f"{_HEAD}<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key>"
        f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
    ).encode()


def upload_done(key: str, etag: str) -> bytes:
    """The end of a multipart upload."""
    return (
        f"{_HEAD}<CompleteMultipartUploadResult><Location>/{BUCKET}/{escape(key)}</Location>"
        f"<Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key><ETag>&quot;{etag}&quot;</ETag>"
        "</CompleteMultipartUploadResult>"
    ).encode()


def location() -> bytes:
    """Where the bucket is; '' stands for us-east-1."""
    return f"{_HEAD}<LocationConstraint/>".encode()


def deleted(done: Sequence[str], refused: Sequence[tuple[str, RefusalError]]) -> bytes:
    """What became of a list of keys to delete."""
    ends = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in done)
    ends += "".join(
        f"<Error><Key>{escape(key)}</Key><Code>{one.code}</Code><Message>{escape(one.message)}</Message></Error>"
        for key, one in refused
    )
    return f"{_HEAD}<DeleteResult>{ends}</DeleteResult>".encode()


def parts_to_join(document: bytes) -> list[tuple[int, str]]:
    """The parts (number, MD5) that a CompleteMultipartUpload names. Raises RefusalError."""
    found = []
    for part in _parse(document, "CompleteMultipartUpload", "Part"):
        md5 = _MD5.fullmatch(part.get("ETag", ""))
        number = part.get("PartNumber", "")
        if md5 is None or not re.fullmatch(r"[0-9]{1,5}", number):
            raise RefusalError("MalformedXML", "a part needs PartNumber and ETag")
        found.append((int(number), md5[1]))
    return found


def keys_to_delete(document: bytes) -> tuple[list[str], bool]:
    """The keys that a Delete names, and whether it wants to hear of failures alone. Raises RefusalError."""
    keys = [one.get("Key", "") for one in _parse(document, "Delete", "Object")]
    if not 1 <= len(keys) <= 1000:
        raise RefusalError("MalformedXML", "from 1 to 1000 keys")
    return keys, b"<Quiet>true</Quiet>" in document


def _parse(document: bytes, root: str, item: str) -> list[dict[str, str]]:
    # A document type is how entities are blown up, and S3 has none.
    if b"<!" in document:
        raise RefusalError("MalformedXML", "no document type is allowed")
    try:
        tree = ElementTree.fromstring(document)
    except ElementTree.ParseError as problem:
        raise RefusalError("MalformedXML", str(problem)[:100]) from problem
    if _bare(tree.tag) != root:
        raise RefusalError("MalformedXML", f"{root} is expected")
    return [{_bare(f.tag): (f.text or "").strip() for f in one} for one in tree if _bare(one.tag) == item]


def _bare(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
