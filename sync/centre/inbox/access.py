"""Who may write where: the keys of devices as the inbox asks for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """The S3 key of one device.

    It writes below `<office>/<incarnation>/` and reads below `<office>/`. `incarnation` '' means that no incarnation
    has been registered with it yet: it only reads.
    """

    key_id: str
    secret: str
    office: str
    incarnation: str = ""
    revoked: bool = False


class Access(Protocol):
    """The register of keys; asked on every request, from any thread, so it answers from memory."""

    def key(self, key_id: str) -> DeviceKey | None:
        """The key of this id, a revoked one too; None when there has never been one."""


class StaticKeys:
    """Keys in memory, for tests and synthetic offices."""

    def __init__(self, keys: Iterable[DeviceKey] = ()) -> None:
        self._keys = {key.key_id: key for key in keys}

    def key(self, key_id: str) -> DeviceKey | None:
        return self._keys.get(key_id)

    def put(self, key: DeviceKey) -> None:
        """Add a key, or change it."""
        self._keys[key.key_id] = key

    def revoke(self, key_id: str) -> None:
        """Withdraw a key."""
        self._keys[key_id] = replace(self._keys[key_id], revoked=True)
