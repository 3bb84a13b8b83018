"""A request that is refused: with the S3 code that Litestream logs, and the reason that is counted."""

from __future__ import annotations

_STATUS = {
    "AccessDenied": 403,
    "InvalidAccessKeyId": 403,
    "SignatureDoesNotMatch": 403,
    "RequestTimeTooSkewed": 403,
    "QuotaExceeded": 403,
    "NoSuchKey": 404,
    "NoSuchBucket": 404,
    "NoSuchUpload": 404,
    "MethodNotAllowed": 405,
    "PieceChanged": 409,
    "MissingContentLength": 411,
    "NotImplemented": 501,
    "ServiceUnavailable": 503,
    "SlowDown": 503,
}


class RefusalError(Exception):
    """`code` goes into the answer, `reason` (a code of ours, the same by default) into the counters."""

    def __init__(self, code: str, message: str, reason: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.reason = code, message, reason or code

    @property
    def status(self) -> int:
        """The HTTP status; 400 for what is the request's own fault."""
        return _STATUS.get(self.code, 400)
