"""What is in an object: one whole lz4 frame, and in it a SQLite database or a piece of a WAL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import lz4.frame  # type: ignore[import-untyped]

from sync.centre.inbox.names import Kind, ObjectName
from sync.centre.inbox.refusal import RefusalError

WAL_HEADER = 32
FRAME_HEADER = 24

_STEP = 1 << 20
_DATABASE_MAGIC = b"SQLite format 3\x00"
_WAL_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
_SEALED = b"age-encryption.org/v1\n-> "
_PAGE_SIZES = tuple(1 << power for power in range(9, 17))


class BrokenFrameError(Exception):
    """Not one whole lz4 frame whose checksums are right."""


class TooLargeError(Exception):
    """It unpacks to more than is allowed."""


def unpacked(packed: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The bytes of one lz4 frame, in steps of at most 1 MiB. Raises BrokenFrameError, TooLargeError."""
    frame = lz4.frame.LZ4FrameDecompressor()
    total = 0
    for chunk in packed:
        while chunk or not (frame.eof or frame.needs_input):
            if frame.eof:
                raise BrokenFrameError("bytes after the end of the frame")
            try:
                out = frame.decompress(chunk, _STEP)
            except (RuntimeError, EOFError, MemoryError) as problem:
                raise BrokenFrameError(str(problem)[:200]) from problem
            chunk = b""
            total += len(out)
            if total > most:
                raise TooLargeError(f"more than {most} bytes")
            if out:
                yield out
    if not frame.eof:
        raise BrokenFrameError("the frame has no end")
    if frame.unused_data:
        raise BrokenFrameError("bytes after the end of the frame")


def chunks_of(path: Path, size: int = 1 << 18) -> Iterator[bytes]:
    """The bytes of a file."""
    with path.open("rb") as file:
        while chunk := file.read(size):
            yield chunk


def check(name: ObjectName, packed: Iterable[bytes], most: int) -> int:
    """The size once unpacked, of a body that may be stored under this name. Raises RefusalError for a broken one.

    Whether a WAL's frames are right only SQLite says, when the mirror takes them in. What is personal comes sealed
    (age), or not at all: nobody looks into it here, and its size is that of the sealed bytes.
    """
    if name.lineage.database == "personal":
        return _sealed_size(packed)
    head, total = b"", 0
    try:
        for part in unpacked(packed, most):
            if len(head) < 100:
                head += part[: 100 - len(head)]
            total += len(part)
    except BrokenFrameError as problem:
        raise RefusalError("InvalidPiece", f"not a whole lz4 frame: {problem}", "broken-frame") from problem
    except TooLargeError as problem:
        raise RefusalError("EntityTooLarge", f"unpacks to {problem}", "too-large") from problem
    if name.kind is Kind.SNAPSHOT:
        _check_database(head, total)
    else:
        _check_piece(name.offset, head, total)
    return total


def _sealed_size(packed: Iterable[bytes]) -> int:
    head, total = b"", 0
    for chunk in packed:
        if len(head) < len(_SEALED):
            head += chunk[: len(_SEALED)]
        total += len(chunk)
    if not head.startswith(_SEALED):
        raise RefusalError("InvalidPiece", "personal data must come sealed with age", "not-sealed")
    return total


def continues(first: Iterable[bytes], second: Iterable[bytes], most: int) -> bool:
    """Whether one of two pieces, as stored, is the beginning of the other: an upload that came late, not another
    history.
    """
    try:
        one, other = b"".join(unpacked(first, most)), b"".join(unpacked(second, most))
    except (BrokenFrameError, TooLargeError):
        return False
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _check_database(head: bytes, total: int) -> None:
    if not head.startswith(_DATABASE_MAGIC) or len(head) < 100:
        raise RefusalError("InvalidPiece", "not a SQLite database", "not-sqlite")
    page = int.from_bytes(head[16:18], "big")
    page = 65536 if page == 1 else page
    if page not in _PAGE_SIZES or total % page:
        raise RefusalError("InvalidPiece", "not whole pages of a SQLite database", "not-sqlite")


def _check_piece(offset: int, head: bytes, total: int) -> None:
    if offset == 0:
        page = int.from_bytes(head[8:12], "big")
        if head[:4] not in _WAL_MAGIC or page not in _PAGE_SIZES:
            raise RefusalError("InvalidPiece", "not the beginning of a WAL", "not-wal")
        if (total - WAL_HEADER) % (page + FRAME_HEADER):
            raise RefusalError("InvalidPiece", "not whole frames of a WAL", "not-wal")
    elif total == 0 or not any(_whole_frames(offset, total, page) for page in _PAGE_SIZES):
        raise RefusalError("InvalidPiece", "not whole frames of a WAL", "not-wal")


def _whole_frames(offset: int, total: int, page: int) -> bool:
    frame = page + FRAME_HEADER
    return (offset - WAL_HEADER) % frame == 0 and total % frame == 0
