"""Everything that knows Litestream 0.3: its binary, its configuration, its log and its folders.

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
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from sync.target import FolderTarget, ReplicaPlace, S3Target

_HOUR = 3600.0
_GENERATION = re.compile(r"[0-9a-f]{16}")
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
    """How often Litestream does what; all in seconds."""

    sync_s: float = 1.0
    snapshot_s: float = 6 * _HOUR
    retention_s: float = 7 * 24 * _HOUR


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
    return text if _GENERATION.fullmatch(text) else ""


def _quoted(text: str) -> str:
    # A JSON string of printable characters is a YAML double-quoted scalar; line breaks of any kind
    # are not printable.
    if not text.isprintable():
        raise ValueError(f"not printable, so not allowed in a configuration: {text!r}")
    return json.dumps(text, ensure_ascii=False)


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"


def render_config(db: Path, place: ReplicaPlace, pace: Pace) -> str:
    """The text of `litestream.yml` for one database and one replica; run it with `-no-expand-env`.

    It never holds the secret key. Raises `ValueError` for a path or name that can't be quoted.
    """
    if not db.is_absolute():
        raise ValueError(f"the database must be an absolute path: {db}")
    lines = [
        "logging:",
        # Only the debug log says which position the target held when Litestream came back.
        "  level: debug",
        "  type: json",
        "  stderr: true",
        "dbs:",
        f"  - path: {_quoted(str(db))}",
        f"    meta-path: {_quoted(str(meta_path(db)))}",
        f"    monitor-interval: {_duration(pace.sync_s)}",
        "    replicas:",
        "      - name: main",
    ]
    target = place.target
    replica = {"path": _quoted(place.path)}
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
    }
    lines += [f"        {key}: {value}" for key, value in replica.items()]
    return "\n".join(lines) + "\n"


def write_config(path: Path, text: str) -> None:
    """Write the configuration, readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as f:
        f.write(text)
    fresh.replace(path)


def child_environment(place: ReplicaPlace, parent: Mapping[str, str]) -> dict[str, str]:
    """What a Litestream process may see: few of the parent's variables, and the key of its target.

    AWS_* of the parent never pass: AWS_CA_BUNDLE alone makes every S3 session fail. Raises
    `OSError` when the secret can't be read, `ValueError` when it is empty.
    """
    env = {name: parent[name] for name in _ENVIRONMENT if name in parent}
    if isinstance(place.target, S3Target):
        secret = place.target.secret_file.read_text(encoding="utf-8").strip()
        if not secret:
            raise ValueError("the secret file is empty")
        env |= {"AWS_ACCESS_KEY_ID": place.target.key_id, "AWS_SECRET_ACCESS_KEY": secret}
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
    FOUND = auto()  # after a start or an error: the target was read, and it holds `position`
    ERROR = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log, reduced to what a supervisor needs."""

    kind: LogKind
    position: Position | None = None
    text: str = ""


_KINDS = {
    "write wal segment": LogKind.WRITING,
    "wal segment written": LogKind.WRITTEN,
    "replica sync: calc new pos": LogKind.FOUND,
}
_WORTH_PARSING = (b'wal segment"', b'segment written"', b'calc new pos"', b'"ERROR"')
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
    if entry.get("level") == "ERROR":
        text = f"{message}: {entry.get('error', '')}"
        # Said at every start before the first transaction has been seen.
        return _OTHER if "waiting for data" in text else LogLine(LogKind.ERROR, text=text[:300])
    kind = _KINDS.get(message, LogKind.OTHER)
    position = parse_position(str(entry.get("position", "")))
    size = entry.get("sz", 0)
    if kind is LogKind.WRITTEN and position is not None and isinstance(size, int):
        position = Position(position.generation, position.index, position.offset + size)
    return LogLine(kind, position)


_HINTS = (
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


def list_generations(place: ReplicaPlace) -> list[str]:
    """The generations in a folder, the one written to last first. Raises `OSError`."""
    home = Path(place.path) / "generations"
    if not home.is_dir():
        return []
    found: list[tuple[int, str]] = []
    for entry in home.iterdir():
        if _GENERATION.fullmatch(entry.name) and entry.is_dir():
            times = [f.stat().st_mtime_ns for f in entry.glob("*/*.lz4")]
            found.append((max(times, default=0), entry.name))
    return [name for _, name in sorted(found, reverse=True)]
