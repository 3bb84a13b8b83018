"""Figures of the voice: `python -m tests.hardware.announcements` assembles every call from А-001 to А-999.

It prints how long the putting together takes, how long the calls are, and what it costs in memory.
"""

from __future__ import annotations

import resource
import statistics
import sys
from pathlib import Path
from time import perf_counter

from appliance.domain.speech import announcement
from hardware.sound.assembling import Announcement, assemble
from hardware.sound.library import SHIPPED, ClipLibrary

LANGUAGES = ("ru", "uk")
NUMBERS = range(1, 1000)


def resident_kib() -> int:
    """The resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def call(library: ClipLibrary, language: str, number: int) -> Announcement:
    said = announcement("А", number, number % 14 + 1, language, "window")
    return assemble(said.words, language, library)


def measure(library: ClipLibrary, language: str) -> str:
    times, lengths, missing = [], [], 0
    for number in NUMBERS:
        begun = perf_counter()
        made = call(library, language, number)
        size = len(made.wav)
        times.append((perf_counter() - begun) * 1000)
        lengths.append(made.seconds)
        missing += len(made.missing)
        assert size == 44 + 2 * len(made.samples)
    return (
        f"{language}  {len(times)} calls, {missing} words without a clip; "
        f"assembled in p50 {statistics.median(times):.2f} ms, max {max(times):.2f} ms; "
        f"length p50 {statistics.median(lengths):.1f} s, max {max(lengths):.1f} s"
    )


def main() -> int:
    library = ClipLibrary()
    files = list(SHIPPED.rglob("*.wav"))
    print(f"{len(files)} clips, {sum(file.stat().st_size for file in files) / 1e6:.2f} MB")
    before = resident_kib()
    call(library, "ru", 1)
    print(f"memory: the first call adds {resident_kib() - before} KiB")
    for language in LANGUAGES:
        print(measure(library, language))
    print(f"memory: after {len(LANGUAGES) * len(NUMBERS)} more, {resident_kib() - before} KiB above the beginning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
