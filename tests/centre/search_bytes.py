"""Looks for a text in every byte below some folders: as it lies there, unsealed, and unpacked.

    python -m tests.centre.search_bytes TEXT IDENTITY FOLDER...

A process of its own: to open and close a database's files where SQLite has them open would drop its locks. Prints the
files that hold the text; IDENTITY is an age identity file.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import lz4.frame

from sync.litestream import read_identity
from sync.seal import SealError, unseal

ROOT = Path(__file__).parents[2]


def texts_of(data: bytes, secret: str) -> Iterator[bytes]:
    """What a file says: as it lies there, unsealed, unpacked."""
    yield data
    if data.startswith(b"age-encryption.org/"):
        try:
            data = unseal(data, secret)
        except SealError:
            return
        yield data
    if data.startswith(b"\x04\x22\x4d\x18"):
        try:
            yield lz4.frame.decompress(data)
        except RuntimeError:
            return


def search(text: str, identity: Path, folders: Sequence[Path]) -> list[Path]:
    """The files that hold the text, found by another process."""
    command = [sys.executable, "-m", "tests.centre.search_bytes", text, str(identity), *map(str, folders)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    return [Path(line) for line in done.stdout.splitlines()]


def main() -> None:
    wanted, (secret, _) = sys.argv[1].encode(), read_identity(Path(sys.argv[2]))
    for folder in sys.argv[3:]:
        for file in sorted(Path(folder).rglob("*")):
            try:
                if file.is_file() and any(wanted in text for text in texts_of(file.read_bytes(), secret)):
                    print(file)
            except FileNotFoundError:
                continue


if __name__ == "__main__":
    main()
