"""A directive: an order of the centre to one office, in the form that is signed. Both ends read it here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = (
    *("open-desk", "close-desk", "end-break"),
    *("add-skill", "remove-skill"),
    *("stop-service", "limit-service", "free-service"),
    *("set-norm", "set-policy"),
    "raise-ticket",
    *("show-message", "clear-message"),
    *("pause", "resume"),
    *("redirect", "end-redirect"),
    "call-technician",
    "adopt-plan",
    "fresh-snapshot",
    "restart-device",
)
"""Every kind; what `body` holds is told by `appliance.domain.directives`."""


class DirectiveError(ValueError):
    """What came is not a directive; the text says why."""


@dataclass(frozen=True, slots=True)
class Directive:
    """An order. Times are UTC milliseconds of the centre's clock.

    `seq` counts an office's directives 1, 2, 3... without a gap, over all incarnations; `id` is a random name. `author`
    is the opaque id of a dispatcher, `reason` a code. After `not_after_ms` it may not take effect any more.
    `condition`: what must still hold at the office, empty for nothing.
    """

    office: str
    seq: int
    id: str
    kind: str
    body: Mapping[str, Any]
    author: str
    reason: str
    issued_ms: int
    not_after_ms: int
    condition: Mapping[str, Any] = field(default_factory=dict)

    def signed_bytes(self) -> bytes:
        """What the signature is over: `talon-directive-1`, a line feed, and JSON with sorted keys, in UTF-8."""
        text = json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return b"talon-directive-1\n" + text.encode()


@dataclass(frozen=True, slots=True)
class SignedDirective:
    """A directive with its Ed25519 signature (64 bytes) and the name of the key that made it."""

    directive: Directive
    signature: bytes
    key: str

    def to_json(self) -> str:
        """Compact JSON for the stream."""
        found = {"directive": asdict(self.directive), "signature": self.signature.hex(), "key": self.key}
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def signed_directive_of(text: str | bytes) -> SignedDirective:
    """The signed directive of a JSON text, its signature not yet verified. Raises DirectiveError."""
    try:
        found = json.loads(text)
        directive = Directive(**found["directive"])
        signed = SignedDirective(directive, bytes.fromhex(found["signature"]), str(found["key"]))
    except (ValueError, TypeError, KeyError) as error:
        raise DirectiveError(str(error)) from error
    texts = (directive.office, directive.id, directive.kind, directive.author, directive.reason)
    numbers = (directive.seq, directive.issued_ms, directive.not_after_ms)
    if not all(isinstance(one, str) for one in texts) or not all(type(one) is int for one in numbers):
        raise DirectiveError("a field of another type")
    if not isinstance(directive.body, dict) or not isinstance(directive.condition, dict):
        raise DirectiveError("body and condition are objects")
    return signed
