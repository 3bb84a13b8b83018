"""What a printer sends back: a mixed stream of bytes, sorted into frames by their fixed bits.

Real-time answers, reports that nobody asked for, confirmations and texts share one line; XON and XOFF may stand
anywhere between them. Whatever is damaged is dropped whole: a torn report must never be read as a slip's confirmation.
"""

from __future__ import annotations

from dataclasses import dataclass

GAP_S = 0.5
"""Half a frame that is not continued within this time stays torn: the printer lost its power, or its plug."""

_XON, _XOFF = 0x11, 0x13
_PROCESS_ID, _TEXT = 0x37, 0x5F
_BLOCK_HEADS = (_PROCESS_ID, 0x3D, _TEXT)
_LONGEST_BLOCK = 84
_LARGEST_INLINE = 0x0F


@dataclass(frozen=True, slots=True)
class RealTimeStatus:
    """The answer to `DLE EOT n`: one byte, whose meaning depends on the n that was asked."""

    bits: int


@dataclass(frozen=True, slots=True)
class AutoStatus:
    """Four bytes that a printer sends by itself when its state changes (`GS a`)."""

    bits: bytes

    @property
    def cover_open(self) -> bool:
        return bool(self.bits[0] & 0x20)

    @property
    def offline(self) -> bool:
        return bool(self.bits[0] & 0x08)

    @property
    def error(self) -> bool:
        return bool(self.bits[1] & 0x2C)

    @property
    def paper_out(self) -> bool:
        return bool(self.bits[2] & 0x0C)

    @property
    def near_end(self) -> bool:
        return bool(self.bits[2] & 0x03)


@dataclass(frozen=True, slots=True)
class ProcessId:
    """The four letters of a `GS ( H` process id: everything sent before it is on paper."""

    letters: bytes


@dataclass(frozen=True, slots=True)
class InlineStatus:
    """The answer to `GS r 1`, sent when the printer comes to it in its buffer: the paper sensors' four bits."""

    bits: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text that `GS I` asked for: maker, model, firmware, serial number."""

    text: bytes


Frame = RealTimeStatus | AutoStatus | ProcessId | InlineStatus | Text


class FrameSplitter:
    """Sorts the bytes of one printer into frames; they may come in any portions.

    Flow control, blocks of other kinds, torn frames and noise are left out.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self._fed_at = 0.0

    def feed(self, data: bytes, at: float = 0.0) -> list[Frame]:
        """The frames completed by these bytes, in order. `at` is when they came, in seconds of a clock that runs on."""
        if at - self._fed_at > GAP_S:
            self._pending.clear()
        self._fed_at = at
        # The line's own driver may leave flow control in the stream, even in the middle of a report.
        self._pending += data.translate(None, bytes((_XON, _XOFF)))
        frames: list[Frame] = []
        while self._pending:
            used, frame = self._first()
            if used == 0:
                break
            del self._pending[:used]
            if frame is not None:
                frames.append(frame)
        return frames

    def _first(self) -> tuple[int, Frame | None]:
        """How many bytes the first frame takes (0: not all of it is here) and the frame, if it is of a known kind."""
        head = self._pending[0]
        if head in _BLOCK_HEADS:
            return self._block(head)
        if head & 0x93 == 0x12:
            return 1, RealTimeStatus(head)
        if head & 0x93 == 0x10:
            return self._report()
        if head <= _LARGEST_INLINE:
            return 1, InlineStatus(head)
        return 1, None

    def _report(self) -> tuple[int, Frame | None]:
        tail = self._pending[1:4]
        for position, byte in enumerate(tail, 1):
            if byte & 0x90:
                return position, None
        return (4, AutoStatus(bytes(self._pending[:4]))) if len(tail) == 3 else (0, None)

    def _block(self, head: int) -> tuple[int, Frame | None]:
        for position, byte in enumerate(self._pending[1:], 1):
            if byte == 0:
                return position + 1, _block_of(head, bytes(self._pending[1:position]))
            if byte < 0x20 or position > _LONGEST_BLOCK:
                return position, None
        return 0, None


def _block_of(head: int, content: bytes) -> Frame | None:
    if head == _TEXT:
        return Text(content)
    if head == _PROCESS_ID and len(content) == 5 and content[0] == 0x22:
        return ProcessId(content[1:])
    return None
