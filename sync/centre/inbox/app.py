"""The S3 endpoint of the inbox: what Litestream's client asks for, and nothing more."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from typing import BinaryIO, TypeVar
from urllib.parse import parse_qsl, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from sync.centre.inbox import documents, listing
from sync.centre.inbox.body import Body
from sync.centre.inbox.inbox import Inbox
from sync.centre.inbox.names import BUCKET, ObjectName, parse_name
from sync.centre.inbox.refusal import RefusalError
from sync.centre.inbox.signature import SignedRequest, Signer, verify
from sync.centre.inbox.uploads import Uploads

log = logging.getLogger("talon.centre.inbox")

_DOCUMENT = 1 << 20
_DRAIN = 8 << 20
_CHUNK = 1 << 18
_T = TypeVar("_T")


class _GoneError(Exception):
    """The device hung up in the middle."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    file: BinaryIO | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    """A request of a known device. `key` is what follows the bucket in its path."""

    method: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]
    signer: Signer
    receive: Receive


def inbox_app(inbox: Inbox, threads: int = 4) -> ASGIApp:
    """The endpoint below `/offices`; also when it is mounted, since signatures cover the whole path.

    Files are written by `threads` threads of its own, so that a slow disk holds up no other request.
    """
    return _App(inbox, threads)


class _App:
    def __init__(self, inbox: Inbox, threads: int) -> None:
        self._inbox, self._uploads = inbox, Uploads(inbox)
        self._pool = ThreadPoolExecutor(threads, "inbox")
        self._coming: dict[str, tuple[int, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("the inbox speaks HTTP only")
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").split("?", 1)[0]
        read = _Reading(receive, waits=any(name == b"expect" for name, _ in scope["headers"]))
        method = scope["method"]
        try:
            answer = await self._answer(scope, method, path, read)
        except RefusalError as refusal:
            answer = await self._refuse(refusal, path, read)
        except _GoneError:
            self._inbox.counting.refused("hung-up")
            return
        except OSError as problem:
            # A full disk here is ours to mend; the device keeps the piece and tries again.
            reason = "no-room" if problem.errno in (errno.ENOSPC, errno.EDQUOT) else "disk-trouble"
            log.error("inbox: %s at %s: %s", reason, path, problem)
            busy = RefusalError("ServiceUnavailable", "the centre can't store anything now", reason)
            answer = await self._refuse(busy, path, read)
        await self._send(answer, method, send)

    async def _answer(self, scope: Scope, method: str, path: str, read: _Reading) -> _Answer:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        signer = verify(SignedRequest(method, path, query, headers), self._inbox.access, self._inbox.now_ms())
        bucket, _, key = unquote(path).removeprefix("/").partition("/")
        if bucket != BUCKET:
            raise RefusalError("NoSuchBucket", f"the bucket is {BUCKET}")
        call = _Call(method, key, dict(parse_qsl(query, keep_blank_values=True)), headers, signer, read)
        if not key:
            return await self._of_bucket(call)
        if method in ("GET", "HEAD"):
            return await self._get(call)
        name = self._own(key, signer)
        if method == "PUT":
            return await self._put(call, name)
        if method == "POST":
            return await self._post(call, name)
        if method == "DELETE":
            return await self._delete(call, name)
        raise RefusalError("MethodNotAllowed", "PUT, GET, HEAD, POST and DELETE")

    # The bucket.

    async def _of_bucket(self, call: _Call) -> _Answer:
        if call.method == "HEAD":
            return _Answer()
        if call.method == "GET" and "location" in call.query:
            return _Answer(body=documents.location(), headers=_XML)
        if call.method == "GET":
            question = listing.question_of(call.query)
            if not question.prefix.startswith(f"{call.signer.key.office}/"):
                raise RefusalError("AccessDenied", "this key reads below its own office", "other-prefix")
            body = await self._run(lambda: listing.answer(self._inbox.objects, question))
            self._inbox.counting.add("lists")
            return _Answer(body=body, headers=_XML)
        if call.method == "POST" and "delete" in call.query:
            keys, quiet = documents.keys_to_delete(await self._document(call))
            return await self._run(lambda: self._delete_all(call.signer, keys, quiet))
        raise RefusalError("MethodNotAllowed", "nobody makes or drops this bucket")

    def _delete_all(self, signer: Signer, keys: list[str], quiet: bool) -> _Answer:
        done, refused = [], []
        for key in keys:
            try:
                self._inbox.delete(self._own(key, signer))
                done.append(key)
            except RefusalError as refusal:
                self._inbox.counting.refused(refusal.reason)
                refused.append((key, refusal))
        return _Answer(body=documents.deleted([] if quiet else done, refused), headers=_XML)

    # One object.

    async def _get(self, call: _Call) -> _Answer:
        name = parse_name(call.key)
        if not call.key.startswith(f"{call.signer.key.office}/"):
            raise RefusalError("AccessDenied", "this key reads below its own office", "other-prefix")
        path = self._inbox.find(name) if name is not None else None
        try:
            # Opened now, so that its length stays true when the object is replaced meanwhile.
            file = None if path is None else path.open("rb")
        except FileNotFoundError:
            file = None
        if file is None:
            raise RefusalError("NoSuchKey", "no such object")
        stat = os.fstat(file.fileno())
        self._inbox.counting.add("gets")
        if call.method == "GET":
            self._inbox.counting.add("get_bytes", stat.st_size)
        return _Answer(
            headers=(
                ("content-type", "application/octet-stream"),
                ("content-length", str(stat.st_size)),
                ("etag", f'"{listing.etag(stat.st_size, stat.st_mtime_ns)}"'),
                ("last-modified", formatdate(stat.st_mtime, usegmt=True)),
            ),
            file=file,
        )

    async def _put(self, call: _Call, name: ObjectName) -> _Answer:
        if "x-amz-copy-source" in call.headers:
            raise RefusalError("NotImplemented", "objects aren't copied")
        upload = call.query.get("uploadId", "")
        body = self._uploads.body() if upload else self._inbox.body()
        try:
            await self._receive(call, body)
            if upload:
                number = call.query.get("partNumber", "")
                if not (number.isascii() and number.isdigit()):
                    raise RefusalError("InvalidArgument", "partNumber must be a number")
                md5 = await self._run(lambda: self._uploads.put_part(upload, name, int(number), body))
                return _Answer(headers=(("etag", f'"{md5}"'),))
            await self._run(lambda: self._store(name, body))
            return _Answer(headers=(("etag", f'"{body.md5}"'),))
        finally:
            body.discard()

    def _store(self, name: ObjectName, body: Body) -> None:
        try:
            self._inbox.store(name, body)
        finally:
            # Here too: on a busy disk an unlink waits for its journal, and the loop would wait with it for everybody.
            body.discard()

    async def _post(self, call: _Call, name: ObjectName) -> _Answer:
        if "uploads" in call.query:
            id = await self._run(lambda: self._uploads.begin(name))
            return _Answer(body=documents.upload_begun(call.key, id), headers=_XML)
        if upload := call.query.get("uploadId", ""):
            parts = documents.parts_to_join(await self._document(call))
            await self._run(lambda: self._uploads.complete(upload, name, parts))
            return _Answer(body=documents.upload_done(call.key, f"{upload}-{len(parts)}"), headers=_XML)
        raise RefusalError("NotImplemented", "POST is for uploads in parts")

    async def _delete(self, call: _Call, name: ObjectName) -> _Answer:
        if upload := call.query.get("uploadId", ""):
            await self._run(lambda: self._uploads.abort(upload, name))
        else:
            await self._run(lambda: self._inbox.delete(name))
        return _Answer(204)

    def _own(self, key: str, signer: Signer) -> ObjectName:
        """The object of a key that this device may change. Raises RefusalError."""
        device = signer.key
        if not device.incarnation:
            raise RefusalError("AccessDenied", "no incarnation is registered with this key yet", "read-only")
        if not key.startswith(f"{device.office}/{device.incarnation}/"):
            raise RefusalError("AccessDenied", "this key writes below its own incarnation", "other-prefix")
        name = parse_name(key)
        if name is None:
            raise RefusalError("InvalidObjectName", "not a name of Litestream 0.3", "bad-name")
        return name

    # Bodies.

    async def _receive(self, call: _Call, body: Body) -> None:
        declared = call.headers.get("content-length", "")
        if not (declared.isascii() and declared.isdigit()):
            raise RefusalError("MissingContentLength", "Content-Length is needed")
        body.expect(int(declared))
        with self._place(call.signer.key.office, int(declared)):
            while True:
                message = await call.receive()
                if message["type"] != "http.request":
                    raise _GoneError
                body.write(message.get("body", b""))
                if not message.get("more_body", False):
                    break
        if body.size != int(declared):
            raise RefusalError("IncompleteBody", "the body is not of the declared length")
        body.check_digests(call.signer.body_sha256, call.headers.get("content-md5", ""))

    @contextmanager
    def _place(self, office: str, size: int) -> Iterator[None]:
        """Room for a body on its way, of the office's own: what comes is on the disk before it counts as kept."""
        bodies, coming = self._coming.get(office, (0, 0))
        if bodies >= self._inbox.limits.bodies or coming + size > self._inbox.limits.coming:
            raise RefusalError("SlowDown", "too much comes of this office at once", "too-much-at-once")
        self._coming[office] = (bodies + 1, coming + size)
        try:
            yield
        finally:
            bodies, coming = self._coming.pop(office)
            if bodies > 1:
                self._coming[office] = (bodies - 1, coming - size)

    async def _document(self, call: _Call) -> bytes:
        body = Body(self._inbox.incoming, _DOCUMENT)
        try:
            await self._receive(call, body)
            return b"".join(body.chunks())
        finally:
            body.discard()

    async def _refuse(self, refusal: RefusalError, path: str, read: _Reading) -> _Answer:
        self._inbox.counting.refused(refusal.reason)
        # A client that is still sending would meet a closed connection instead of the answer.
        whole = await read.drain(_DRAIN)
        headers = _XML if whole else (*_XML, ("connection", "close"))
        return _Answer(refusal.status, documents.error(refusal, path, secrets.token_hex(8)), headers)

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _send(self, answer: _Answer, method: str, send: Send) -> None:
        headers = dict(answer.headers)
        headers.setdefault("content-length", str(len(answer.body)))
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        if answer.file is None:
            await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
            return
        with answer.file as file:
            while method != "HEAD" and (chunk := await self._run(lambda: file.read(_CHUNK))):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


_XML = (("content-type", "application/xml"),)


class _Reading:
    """The request's body, knowing whether all of it has come."""

    def __init__(self, receive: Receive, *, waits: bool) -> None:
        """`waits`: the client sends its body only once it is asked for it."""
        self._receive, self._waits = receive, waits
        self._begun = self._done = False

    async def __call__(self) -> dict[str, object]:
        message = await self._receive()
        self._begun = True
        self._done = message["type"] != "http.request" or not message.get("more_body", False)
        return dict(message)

    async def drain(self, most: int) -> bool:
        """Read on until the end, at most so many bytes; whether it is the end."""
        if self._waits and not self._begun:
            return False
        while not self._done and most > 0:
            message = await self()
            body = message.get("body", b"")
            most -= len(body) if isinstance(body, bytes) else 0
        return self._done
