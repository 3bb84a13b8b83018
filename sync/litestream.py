"""What knows Litestream 0.3: its binary, its configuration, its log. Its folders: `sync.litestream_folders`.

Position and format facts are of v0.3.13; a newer line comes in here, and only after the kill matrix
(docs/adr/0006).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from sync.target import FolderTarget, ReplicaPlace, S3Target

_HOUR = 3600.0
GENERATION = re.compile(r"[0-9a-f]{16}")
"""The name of a generation."""

_POSITION = re.compile(r"([0-9a-f]{16})/([0-9a-f]{8}):([0-9]+)")
_ENVIRONMENT = (
    *("PATH", "HOME", "TZ", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)


def find_binary() -> Path | None:
    """The `litestream` beside the interpreter (its package puts it there), else on PATH."""
    beside = {sysconfig.get_path("scripts"), str(Path(sys.executable).parent)}
    for folder in sorted(beside):
        found = shutil.which("litestream", path=folder)
        if found:
            return Path(found)
    found = shutil.which("litestream")
    return Path(found) if found else None


@dataclass(frozen=True, slots=True)
class Pace:
    """How often Litestream does what; all in seconds.

    A snapshot costs a thin line a quarter of an hour, a day's pieces cost it a minute or two: one a day. A generation
    older than `renew_s` is given up for a new one; 0 for never.
    """

    sync_s: float = 1.0
    snapshot_s: float = 24 * _HOUR
    retention_s: float = 7 * 24 * _HOUR
    check_s: float = _HOUR
    renew_s: float = 0.0


STICK = Pace(sync_s=10.0, retention_s=48 * _HOUR)
"""A USB stick: few files, few writes."""

PERSONAL = Pace(sync_s=5.0, snapshot_s=24 * _HOUR, retention_s=12 * _HOUR, check_s=_HOUR / 2, renew_s=8 * _HOUR)
"""Personal data: the centre keeps no object longer than 20 hours, so all of a copy is younger (docs/adr/0021)."""


@dataclass(frozen=True, slots=True)
class Seal:
    """How a copy is encrypted (age, X25519) before it leaves the device.

    `recipients` can open it (`age1...`). `own` is the file of the device's own identity: Litestream reads its last
    piece again at each start; it is made when it is missing, and never leaves the device.
    """

    recipients: tuple[str, ...]
    own: Path


@dataclass(frozen=True, slots=True)
class Copy:
    """One database at one place. `name` tells the copies of an office apart: `main`, `stick`, `personal`."""

    name: str
    db: Path
    place: ReplicaPlace
    pace: Pace = Pace()
    seal: Seal | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A byte in the history of a database: generation, number of the WAL file, offset in it."""

    generation: str
    index: int
    offset: int


def meta_path(db: Path) -> Path:
    """Litestream's own folder beside a database."""
    return db.with_name(f".{db.name}-litestream")


def current_generation(db: Path) -> str:
    """The generation that Litestream is writing, '' when there is none."""
    try:
        text = (meta_path(db) / "generation").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return text if GENERATION.fullmatch(text) else ""


def _quoted(text: str) -> str:
    # A JSON string of printable characters is a YAML double-quoted scalar; line breaks of any kind
    # are not printable.
    if not text.isprintable():
        raise ValueError(f"not printable, so not allowed in a configuration: {text!r}")
    return json.dumps(text, ensure_ascii=False)


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"


def render_config(db: Path, place: ReplicaPlace, pace: Pace) -> str:
    """The text of `litestream.yml` for one database and one replica; see `render_copies`."""
    return render_copies([Copy("main", db, place, pace)])


def render_copies(copies: Sequence[Copy], paths: Mapping[str, str] | None = None) -> str:
    """The text of `litestream.yml` for all these copies in one process; run it with `-no-expand-env`.

    `paths` says by which path a folder is reached, by the name of the copy, when it is not its own. The secret key of
    an S3 target is never in it. Raises `ValueError` for a path or name that can't be quoted, `OSError` for a seal that
    can't be read.
    """
    lines = [
        "logging:",
        # Only the debug log says which position the target held when Litestream came back.
        "  level: debug",
        "  type: json",
        "  stderr: true",
        "dbs:",
    ]
    for db in dict.fromkeys(copy.db for copy in copies):
        if not db.is_absolute():
            raise ValueError(f"the database must be an absolute path: {db}")
        own = [copy for copy in copies if copy.db == db]
        lines += [
            f"  - path: {_quoted(str(db))}",
            f"    meta-path: {_quoted(str(meta_path(db)))}",
            f"    monitor-interval: {_duration(min(copy.pace.sync_s for copy in own))}",
            "    replicas:",
        ]
        for copy in own:
            lines += _render_replica(copy, (paths or {}).get(copy.name, copy.place.path))
    return "\n".join(lines) + "\n"


def _render_replica(copy: Copy, path: str) -> list[str]:
    target, pace = copy.place.target, copy.pace
    replica = {"path": _quoted(path)}
    if isinstance(target, FolderTarget):
        replica["type"] = "file"
    else:
        replica |= {
            "type": "s3",
            "endpoint": _quoted(target.endpoint),
            "bucket": _quoted(target.bucket),
            "region": _quoted(target.region),
            "force-path-style": "true" if target.force_path_style else "false",
        }
    replica |= {
        "sync-interval": _duration(pace.sync_s),
        "snapshot-interval": _duration(pace.snapshot_s),
        "retention": _duration(pace.retention_s),
        "retention-check-interval": _duration(pace.check_s),
    }
    lines = [f"      - name: {_quoted(copy.name)}"]
    lines += [f"        {key}: {value}" for key, value in replica.items()]
    if copy.seal is not None:
        secret, own = read_identity(copy.seal.own)
        lines += [
            "        age:",
            f"          identities: [{_quoted(secret)}]",
            f"          recipients: [{', '.join(map(_quoted, (*copy.seal.recipients, own)))}]",
        ]
    return lines


def read_identity(path: Path) -> tuple[str, str]:
    """The secret and the recipient of an age identity file, as `age-keygen` and `sync.seal` write it.

    Raises `OSError` when it can't be read, `ValueError` when it is none.
    """
    secret = recipient = ""
    for line in path.read_text(encoding="ascii").splitlines():
        if line.startswith("AGE-SECRET-KEY-1"):
            secret = line.strip()
        elif line.startswith("# public key: "):
            recipient = line.removeprefix("# public key: ").strip()
    if not secret or not recipient:
        raise ValueError(f"not an identity: {path}")
    return secret, recipient


def write_config(path: Path, text: str) -> None:
    """Write the configuration, readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as f:
        f.write(text)
    fresh.replace(path)


def child_environment(place: ReplicaPlace, parent: Mapping[str, str]) -> dict[str, str]:
    """What a Litestream process with this one target may see; see `environment_for`."""
    return environment_for([place], parent)


def environment_for(places: Sequence[ReplicaPlace], parent: Mapping[str, str]) -> dict[str, str]:
    """What a Litestream process may see: few of the parent's variables, and the key of its target.

    AWS_* of the parent never pass: AWS_CA_BUNDLE alone makes every S3 session fail. Raises `OSError` when the secret
    can't be read, `ValueError` when it is empty or when two targets have different keys.
    """
    env = {name: parent[name] for name in _ENVIRONMENT if name in parent}
    keys = {(p.target.key_id, p.target.secret_file) for p in places if isinstance(p.target, S3Target)}
    if len(keys) > 1:
        raise ValueError("one process has one key, and these targets have several")
    for key_id, secret_file in keys:
        secret = secret_file.read_text(encoding="utf-8").strip()
        if not secret:
            raise ValueError("the secret file is empty")
        env |= {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret}
    return env


_GUARD = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


def guarded(command: list[str]) -> list[str]:
    """The command, to be killed by the kernel when the thread that started it dies.

    A tiny interpreter sets PR_SET_PDEATHSIG and becomes the command, because Python code between
    fork and exec of a process with threads can hang. The pid stays the same.
    """
    return [sys.executable, "-I", "-S", "-c", _GUARD, str(os.getpid()), *command]


class LogKind(Enum):
    """What a line of Litestream's log tells."""

    WRITING = auto()  # an upload of a WAL piece began
    WRITTEN = auto()  # it is at the target; `position` is its end
    SNAPSHOT = auto()  # an upload of the whole database began
    SNAPSHOT_WRITTEN = auto()  # it is at the target
    FOUND = auto()  # after a start or an error: the target was read, and it holds `position`
    ERROR = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log, reduced to what a supervisor needs.

    `db` and `replica` say what it is about; '' when it is about the database's copies all, or about everything.
    """

    kind: LogKind
    position: Position | None = None
    text: str = ""
    db: str = ""
    replica: str = ""


_KINDS = {
    "write wal segment": LogKind.WRITING,
    "wal segment written": LogKind.WRITTEN,
    "replica sync: calc new pos": LogKind.FOUND,
    "write snapshot": LogKind.SNAPSHOT,
    "snapshot written": LogKind.SNAPSHOT_WRITTEN,
}
_WORTH_PARSING = (
    *(b'wal segment"', b'segment written"', b'calc new pos"'),
    *(b'write snapshot"', b'snapshot written"', b'"ERROR"'),
)
_OTHER = LogLine(LogKind.OTHER)


def parse_position(text: str) -> Position | None:
    """`<generation>/<index, hex>:<offset>` as Litestream prints it."""
    found = _POSITION.fullmatch(text)
    if found is None:
        return None
    return Position(found[1], int(found[2], 16), int(found[3]))


def parse_log(line: bytes) -> LogLine:
    """Read one line of the log; never raises.

    A line that isn't JSON is an error text: a panic, a refusal to start.
    """
    if line.startswith(b"{") and not any(mark in line for mark in _WORTH_PARSING):
        return _OTHER
    try:
        entry = json.loads(line)
        message = str(entry["msg"])
    except (ValueError, KeyError, TypeError):
        text = line.decode("utf-8", "replace").strip()
        return LogLine(LogKind.ERROR, text=text[:300]) if text else _OTHER
    db, replica = str(entry.get("db", "")), str(entry.get("replica", ""))
    if entry.get("level") == "ERROR":
        text = f"{message}: {entry.get('error', '')}"
        # Said at every start before the first transaction has been seen.
        return _OTHER if "waiting for data" in text else LogLine(LogKind.ERROR, text=text[:300], db=db, replica=replica)
    kind = _KINDS.get(message, LogKind.OTHER)
    position = parse_position(str(entry.get("position", "")))
    size = entry.get("sz", 0)
    if kind is LogKind.WRITTEN and position is not None and isinstance(size, int):
        position = Position(position.generation, position.index, position.offset + size)
    return LogLine(kind, position, db=db, replica=replica)


_HINTS = (
    ("confirm-clock", ("RequestTimeTooSkewed",)),  # before the refusals, whose number its text bears too
    # The pieces that should come next are not here any more: the copy was away for too long.
    ("gap", ("replica wal reader", "wal reader offset too high", "replica salt mismatch")),
    # The last piece at the target was cut off, is no piece at all, or was sealed for another device.
    (
        "target-damaged",
        tuple(
            f"cannot determine replica position: {found}"
            for found in ("lz4", "unexpected EOF", "no identity matched", "failed to")
        ),
    ),
    ("disk-full", ("no space left", "disk quota")),
    (
        "target-refused",
        (
            "AccessDenied",
            "Forbidden",
            "InvalidAccessKey",
            "SignatureDoesNotMatch",
            "status code: 403",
        ),
    ),
    (
        "target-not-writable",
        ("permission denied", "read-only file system", "operation not permitted"),
    ),
    ("target-missing", ("NoSuchBucket", "not a directory", "no such file", "input/output error")),
    (
        "target-unreachable",
        (
            "RequestError",
            "dial tcp",
            "connection refused",
            "no such host",
            "timeout",
            "deadline",
            "ServiceUnavailable",
        ),
    ),
    ("database-busy", ("database is locked",)),
    ("already-running", ("resource temporarily unavailable",)),
)


def hint_for(error: str) -> str:
    """The code of what a person should look at, from an error text; `see-error` when unknown."""
    for hint, marks in _HINTS:
        if any(mark in error for mark in marks):
            return hint
    return "see-error"
