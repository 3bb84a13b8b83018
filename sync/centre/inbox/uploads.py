"""Multipart uploads: how Litestream sends whatever is larger than 5 MB."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sync.centre.inbox.body import Body
from sync.centre.inbox.contents import chunks_of
from sync.centre.inbox.inbox import Inbox
from sync.centre.inbox.names import ObjectName
from sync.centre.inbox.refusal import RefusalError

_IDLE_MS = 3_600_000
_MOST_PARTS = 10_000


@dataclass(slots=True)
class _Part:
    path: Path
    md5: str
    size: int


@dataclass(slots=True)
class _Upload:
    name: ObjectName
    folder: Path
    touched_ms: int
    parts: dict[int, _Part] = field(default_factory=dict)


class Uploads:
    """The unfinished uploads; forgotten at a restart of the centre, the device then begins again. Thread-safe."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._lock = threading.Lock()
        self._open: dict[str, _Upload] = {}

    def begin(self, name: ObjectName) -> str:
        """The id of a new upload. A device that begins the same object again has given up the one before."""
        now_ms = self._inbox.now_ms()
        with self._lock:
            mine = {id: one for id, one in self._open.items() if one.name.lineage.office == name.lineage.office}
            for id, one in mine.items():
                if one.name == name or one.touched_ms < now_ms - _IDLE_MS:
                    self._forget(id)
            if sum(1 for id in mine if id in self._open) >= self._inbox.limits.uploads:
                raise RefusalError("SlowDown", "too many unfinished uploads of this office", "too-many-uploads")
            id = secrets.token_hex(16)
            folder = self._inbox.incoming / id
            folder.mkdir()
            self._open[id] = _Upload(name, folder, now_ms)
        self._inbox.counting.add("uploads")
        return id

    def body(self) -> Body:
        """An empty body for a part."""
        return Body(self._inbox.incoming, self._inbox.limits.part)

    def put_part(self, id: str, name: ObjectName, number: int, body: Body) -> str:
        """Keep a part, in the place of one with this number; its MD5 in hex."""
        if not 1 <= number <= _MOST_PARTS:
            raise RefusalError("InvalidArgument", "partNumber must be from 1 to 10000")
        with self._lock:
            upload = self._find(id, name)
            others = sum(part.size for other, part in upload.parts.items() if other != number)
            if others + body.size > self._inbox.limits.object:
                raise RefusalError("EntityTooLarge", f"more than {self._inbox.limits.object} bytes", "too-large")
            waiting = sum(
                part.size
                for one in self._open.values()
                if one.name.lineage.office == name.lineage.office
                for part in one.parts.values()
            )
            if self._inbox.usage(name.lineage.office) + waiting + body.size > self._inbox.limits.office:
                raise RefusalError("QuotaExceeded", f"an office may keep {self._inbox.limits.office} bytes here")
            path = upload.folder / f"{number:05d}"
            body.file().rename(path)
            upload.parts[number] = _Part(path, body.md5, body.size)
            upload.touched_ms = self._inbox.now_ms()
        return body.md5

    def complete(self, id: str, name: ObjectName, wanted: Sequence[tuple[int, str]]) -> bool:
        """Join the parts (number, MD5) and store the object; see `Inbox.store`."""
        with self._lock:
            upload = self._find(id, name)
            numbers = [number for number, _ in wanted]
            if not wanted or numbers != sorted(set(numbers)):
                raise RefusalError("InvalidPartOrder", "the parts must be named in order")
            for number, md5 in wanted:
                part = upload.parts.get(number)
                if part is None or part.md5 != md5:
                    raise RefusalError("InvalidPart", f"part {number} isn't here")
            # Nobody else may touch its parts from here on.
            del self._open[id]
        body = self._inbox.body()
        try:
            for number in numbers:
                body.fill(chunks_of(upload.parts[number].path))
            return self._inbox.store(name, body)
        finally:
            body.discard()
            shutil.rmtree(upload.folder, ignore_errors=True)

    def abort(self, id: str, name: ObjectName) -> None:
        """Give an upload up."""
        with self._lock:
            self._find(id, name)
            self._forget(id)

    def _find(self, id: str, name: ObjectName) -> _Upload:
        upload = self._open.get(id)
        if upload is None or upload.name != name:
            raise RefusalError("NoSuchUpload", "no such upload of this object")
        return upload

    def _forget(self, id: str) -> None:
        shutil.rmtree(self._open.pop(id).folder, ignore_errors=True)
