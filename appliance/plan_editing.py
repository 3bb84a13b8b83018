"""Changing a plan document by command: what nobody touched stays as it was written, comments too.

tomlkit is imported here and only when something is changed: an office reads its plan with the standard library.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


def appended(document: str, key: str, items: Sequence[Mapping[str, Any]]) -> str:
    """The document with these tables at the end of the array `key`, and with the next version."""
    return rewritten(document, key, items, lambda _: False)


def rewritten(
    document: str, key: str, items: Sequence[Mapping[str, Any]], drop: Callable[[Mapping[str, Any]], bool]
) -> str:
    """The same, without the tables of the array that `drop` holds for."""
    import tomlkit
    from tomlkit.items import AoT

    plan = tomlkit.parse(document)
    if key not in plan:
        plan.append(key, tomlkit.aot())
    array: Any = plan[key]
    for index in reversed(range(len(array))):
        if drop(array[index]):
            del array[index]
    for item in items:
        array.append(_table(item) if isinstance(array, AoT) else _inline(item))
    plan["version"] = int(plan["version"]) + 1
    return tomlkit.dumps(plan)


def tables(key: str, items: Sequence[Mapping[str, Any]]) -> str:
    """These tables alone, to be pasted into a document."""
    import tomlkit

    plan, array = tomlkit.document(), tomlkit.aot()
    for item in items:
        array.append(_table(item))
    plan.append(key, array)
    return tomlkit.dumps(plan)


def _table(item: Mapping[str, Any]) -> Any:
    import tomlkit

    table = tomlkit.table()
    for name, value in item.items():
        table.append(name, _inline(value) if isinstance(value, Mapping) else value)
    table.add(tomlkit.nl())
    return table


def _inline(item: Mapping[str, Any]) -> Any:
    import tomlkit

    table = tomlkit.inline_table()
    table.update(item)
    return table


def write_whole(path: Path, text: str) -> None:
    """Put the text there in one step: a reader finds the old file or the new one, also after a power cut."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
