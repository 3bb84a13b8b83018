"""The inbox of the centre: an S3 endpoint where the Litestreams of all offices put their pieces."""

from sync.centre.inbox.access import Access, DeviceKey, StaticKeys
from sync.centre.inbox.app import inbox_app
from sync.centre.inbox.inbox import Conflict, Inbox, Limits, ObjectPut
from sync.centre.inbox.names import BUCKET, Kind, Lineage

__all__ = [
    "BUCKET",
    "Access",
    "Conflict",
    "DeviceKey",
    "Inbox",
    "Kind",
    "Limits",
    "Lineage",
    "ObjectPut",
    "StaticKeys",
    "inbox_app",
]
