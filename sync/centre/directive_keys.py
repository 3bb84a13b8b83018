"""The keys that sign directives: one signs, the older ones stay trusted until they are retired."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sync.private_files import write_private
from sync.signing import PrivateKey, load_key, make_key, save_key

NAME = "keys.json"


@dataclass(frozen=True, slots=True)
class DirectiveKey:
    """A public key of the centre's directives. `retired_ms`: no longer trusted since then, None while it is."""

    id: str
    public: bytes
    made_ms: int
    retired_ms: int | None = None


class DirectiveKeys:
    """The keys of one folder, the first made when it is empty. Any thread; several processes may hold the folder."""

    def __init__(self, folder: Path, now_ms: Callable[[], int]) -> None:
        self._folder, self._now_ms = folder, now_ms
        self._lock = threading.Lock()
        self._seen_ns = 0
        self._keys: tuple[DirectiveKey, ...] = ()
        self._signer: PrivateKey | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._changing():
            if not self._keys:
                self._add()

    @property
    def signer(self) -> PrivateKey:
        """The key that signs now."""
        with self._lock:
            self._look()
            assert self._signer is not None
            return self._signer

    def all(self) -> Sequence[DirectiveKey]:
        """Every key there ever was, the signing one last."""
        with self._lock:
            self._look()
            return self._keys

    def trusted(self) -> Mapping[str, bytes]:
        """What offices may believe: id to public key."""
        return {key.id: key.public for key in self.all() if key.retired_ms is None}

    def rotate(self) -> DirectiveKey:
        """Make a new signing key; the old ones stay trusted.

        An office learns it with its next refresh (`sync.enrolment.refresh`) and refuses what it signs before that.
        """
        with self._changing():
            return self._add()

    def retire(self, key: str) -> None:
        """Trust a key no longer, and destroy its private half. Raises KeyError (unknown), ValueError (it signs)."""
        with self._changing():
            if key not in {one.id for one in self._keys}:
                raise KeyError(key)
            if key == self._keys[-1].id:
                raise ValueError("this key signs: rotate first")
            now = self._now_ms()
            self._write(tuple(replace(one, retired_ms=now) if one.id == key else one for one in self._keys))
            (self._folder / f"{key}.pem").unlink(missing_ok=True)

    def _add(self) -> DirectiveKey:
        key = make_key()
        save_key(key, self._folder / f"{key.id}.pem")
        made = DirectiveKey(key.id, key.public, self._now_ms())
        self._write((*self._keys, made))
        return made

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Alone with the folder, and with what is in it now."""
        with self._lock:
            fd = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
                self._look()
                yield
            finally:
                os.close(fd)

    def _look(self) -> None:
        path = self._folder / NAME
        try:
            changed_ns = path.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed_ns == self._seen_ns:
            return
        found = json.loads(path.read_text(encoding="utf-8"))
        self._keys = tuple(
            DirectiveKey(one["id"], bytes.fromhex(one["public"]), one["made_ms"], one["retired_ms"]) for one in found
        )
        self._signer = load_key(self._folder / f"{self._keys[-1].id}.pem")
        self._seen_ns = changed_ns

    def _write(self, keys: tuple[DirectiveKey, ...]) -> None:
        rows = [
            {"id": one.id, "public": one.public.hex(), "made_ms": one.made_ms, "retired_ms": one.retired_ms}
            for one in keys
        ]
        write_private(self._folder / NAME, json.dumps(rows, indent=1).encode())
        self._look()
