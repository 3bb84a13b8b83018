"""The days written by hand in `golden`: a journal, the rows that follow from it, and the plan of the day."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from appliance.domain.chain import GENESIS, link
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from appliance.store import journal

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class GoldenDay:
    """One day by the names of its files."""

    name: str
    plan_name: str

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """The journal, without its chain."""
        text = (GOLDEN / f"{self.name}.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    @cached_property
    def _written(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((GOLDEN / f"{self.name}-rows.json").read_text(encoding="utf-8"))
        return found

    @property
    def rows(self) -> dict[str, list[list[Any]]]:
        """The rows by table, in the order of their keys; columns in the order of `store.rows.COLUMNS`."""
        return {table: found for table, found in self._written.items() if table != "chain"}

    @property
    def chain(self) -> str:
        """The last link of the chain, in hexadecimal."""
        found: str = self._written["chain"]
        return found

    @cached_property
    def plan(self) -> Plan:
        """The plan of the day."""
        return read_plan((GOLDEN / f"{self.plan_name}.toml").read_text(encoding="utf-8"))

    def write_journal(self, db: sqlite3.Connection) -> None:
        """Put the plan and the journal into an empty database."""
        db.execute(
            "INSERT INTO plan (digest, version, document) VALUES (?, ?, ?)",
            (self.plan.digest, self.plan.version, self.plan.document),
        )
        previous = GENESIS
        for entry in self.entries:
            values = {**entry, "body": json.dumps(entry["body"], ensure_ascii=False, separators=(",", ":"))}
            chained = {**values, "clock_trusted": bool(entry["clock_trusted"])}
            previous = link(previous, **chained)
            db.execute(journal.INSERT, (*values.values(), previous))


FIRST_RELEASE = GoldenDay("day", "plan")
WHOLE_QUEUE = GoldenDay("day-v2", "plan-v2")
BELLS_AND_DEVICES = GoldenDay("day-v3", "plan-v2")
DIRECTIVES = GoldenDay("day-v4", "plan-v2")
DAYS = (FIRST_RELEASE, WHOLE_QUEUE, BELLS_AND_DEVICES, DIRECTIVES)
