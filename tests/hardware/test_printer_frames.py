from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.printing.frames import (
    GAP_S,
    AutoStatus,
    Frame,
    FrameSplitter,
    InlineStatus,
    ProcessId,
    RealTimeStatus,
    Text,
)

REAL_TIME = st.integers(0, 255).map(lambda bits: bits & 0x6C | 0x12)
LETTERS = st.binary(min_size=4, max_size=4).map(lambda raw: bytes(0x20 + byte % 95 for byte in raw))
TAIL = st.binary(min_size=3, max_size=3).map(lambda raw: bytes(byte & 0x6F for byte in raw))
REPORTS = st.tuples(st.integers(0, 255), TAIL).map(lambda two: bytes((two[0] & 0x6C | 0x10,)) + two[1])

FRAMES = st.one_of(
    REAL_TIME.map(lambda bits: (bytes((bits,)), RealTimeStatus(bits))),
    REPORTS.map(lambda bits: (bits, AutoStatus(bits))),
    LETTERS.map(lambda letters: (b"\x37\x22" + letters + b"\x00", ProcessId(letters))),
    st.integers(0, 15).map(lambda bits: (bytes((bits,)), InlineStatus(bits))),
    st.text("ABCabc 019-./", max_size=20).map(lambda text: (b"\x5f" + text.encode() + b"\x00", Text(text.encode()))),
)


def portions(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[start:end] for start, end in pairwise(edges)]


@given(st.lists(FRAMES, max_size=30), st.lists(st.integers(0, 10_000), max_size=30))
def test_frames_are_told_apart_in_any_order_and_portions(sent: list[tuple[bytes, Frame]], cuts: list[int]) -> None:
    stream = b"".join(data for data, _ in sent)
    splitter = FrameSplitter()

    assert [f for part in portions(stream, cuts) for f in splitter.feed(part)] == [frame for _, frame in sent]


@given(
    st.lists(FRAMES, max_size=20),
    st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from([0x11, 0x13])), max_size=20),
    st.lists(st.integers(0, 10_000), max_size=10),
)
def test_flow_control_may_stand_anywhere(
    sent: list[tuple[bytes, Frame]], controls: list[tuple[int, int]], cuts: list[int]
) -> None:
    stream = bytearray(b"".join(data for data, _ in sent))
    for place, control in controls:
        stream.insert(place % (len(stream) + 1), control)
    splitter = FrameSplitter()

    assert [f for part in portions(bytes(stream), cuts) for f in splitter.feed(part)] == [frame for _, frame in sent]


@given(REPORTS, st.integers(1, 3), FRAMES)
def test_a_torn_report_is_dropped_whole_after_a_pause(report: bytes, kept: int, after: tuple[bytes, Frame]) -> None:
    data, frame = after
    splitter = FrameSplitter()

    assert splitter.feed(report[:kept], at=1.0) == []
    assert splitter.feed(data, at=1.0 + 2 * GAP_S) == [frame]


@given(LETTERS, st.integers(1, 6), FRAMES)
def test_a_torn_confirmation_is_dropped_whole_after_a_pause(
    letters: bytes, kept: int, after: tuple[bytes, Frame]
) -> None:
    data, frame = after
    splitter = FrameSplitter()

    assert splitter.feed((b"\x37\x22" + letters)[:kept], at=1.0) == []
    assert splitter.feed(data, at=1.0 + 2 * GAP_S) == [frame]


@given(REPORTS, st.integers(1, 3), REAL_TIME)
def test_an_answer_in_the_middle_of_a_torn_report_is_found(report: bytes, kept: int, bits: int) -> None:
    assert FrameSplitter().feed(report[:kept] + bytes((bits,))) == [RealTimeStatus(bits)]


@given(LETTERS, st.integers(0, 4), st.sampled_from([0x12, 0x16, 0x1A, 0x1E]))
def test_an_answer_in_the_middle_of_a_torn_confirmation_is_found(letters: bytes, kept: int, bits: int) -> None:
    assert FrameSplitter().feed(b"\x37\x22" + letters[:kept] + bytes((bits,))) == [RealTimeStatus(bits)]


@given(st.binary(max_size=300))
def test_noise_never_stops_the_splitter(noise: bytes) -> None:
    splitter = FrameSplitter()
    splitter.feed(noise, at=1.0)

    assert splitter.feed(b"\x12", at=1.0 + 2 * GAP_S) == [RealTimeStatus(0x12)]


@given(st.binary(max_size=200).filter(lambda noise: b"\x37\x22" not in noise))
def test_noise_is_no_confirmation_by_id(noise: bytes) -> None:
    assert not any(isinstance(frame, ProcessId) for frame in FrameSplitter().feed(noise))


@pytest.mark.parametrize(
    ("bits", "names"),
    [
        (b"\x18\x00\x0f\x00", {"offline", "paper_out", "near_end"}),
        (b"\x38\x00\x00\x00", {"offline", "cover_open"}),
        (b"\x10\x08\x00\x00", {"error"}),
        (b"\x10\x00\x03\x00", {"near_end"}),
        (b"\x10\x00\x00\x00", set()),
    ],
)
def test_reports_name_what_is_wrong(bits: bytes, names: set[str]) -> None:
    report = AutoStatus(bits)

    for name in ("offline", "cover_open", "error", "paper_out", "near_end"):
        assert getattr(report, name) == (name in names), name
