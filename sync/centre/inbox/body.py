"""A body on its way in: small ones in memory, larger ones in a file, with the digests that were promised for them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from sync.centre.inbox.contents import chunks_of
from sync.centre.inbox.refusal import RefusalError

IN_MEMORY = 1 << 18
"""What waits in memory at most, a body: the pieces of a usual day are far smaller."""


class Body:
    """One body. `discard` it in the end; what is in its file by then is gone unless it was linked elsewhere."""

    def __init__(self, folder: Path, most: int) -> None:
        """`folder` takes the file, `most` is the number of bytes taken."""
        self._folder, self._most = folder, most
        self._memory = bytearray()
        self._path: Path | None = None
        self._fd = -1
        self._sha256, self._md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        self.size = 0

    def expect(self, size: int) -> None:
        """Raises RefusalError when a body of the declared size is too large, before any of it is read."""
        if size > self._most:
            raise RefusalError("EntityTooLarge", f"more than {self._most} bytes", "too-large")

    def write(self, chunk: bytes) -> None:
        """Take the next bytes. Raises RefusalError when it is too large, OSError when the disk doesn't take it."""
        self.size += len(chunk)
        if self.size > self._most:
            raise RefusalError("EntityTooLarge", f"more than {self._most} bytes", "too-large")
        self._sha256.update(chunk)
        self._md5.update(chunk)
        self._memory += chunk
        if len(self._memory) > IN_MEMORY:
            self._spill()

    def fill(self, chunks: Iterable[bytes]) -> None:
        """Take all of these."""
        for chunk in chunks:
            self.write(chunk)

    @property
    def md5(self) -> str:
        """The MD5 of what came, in hex."""
        return self._md5.hexdigest()

    def check_digests(self, sha256: str, content_md5: str) -> None:
        """Raises RefusalError unless the body has these digests (hex, base64); '' wasn't promised."""
        if sha256 and not hmac.compare_digest(sha256, self._sha256.hexdigest()):
            raise RefusalError("XAmzContentSHA256Mismatch", "the body is not the one that was signed", "wrong-digest")
        if content_md5:
            try:
                promised = base64.b64decode(content_md5, validate=True)
            except (binascii.Error, ValueError) as problem:
                raise RefusalError("InvalidDigest", "Content-MD5 is no MD5", "wrong-digest") from problem
            if promised != self._md5.digest():
                raise RefusalError("BadDigest", "the body has another MD5", "wrong-digest")

    def chunks(self) -> Iterator[bytes]:
        """What came."""
        if self._path is None:
            yield bytes(self._memory)
        else:
            self._flush()
            yield from chunks_of(self._path)

    def file(self) -> Path:
        """The file with the whole body."""
        self._spill()
        assert self._path is not None
        return self._path

    def durable_file(self) -> Path:
        """The file with the whole body, on the disk for certain."""
        path = self.file()
        os.fsync(self._fd)
        return path

    def discard(self) -> None:
        """Give up the file and the memory."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None
        self._memory = bytearray()

    def _spill(self) -> None:
        if self._fd < 0:
            self._path = self._folder / secrets.token_hex(12)
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._flush()

    def _flush(self) -> None:
        view = memoryview(self._memory)
        while view:
            view = view[os.write(self._fd, view) :]
        view.release()
        self._memory = bytearray()
