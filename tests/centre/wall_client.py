"""A wall without a screen: signs in, listens, fetches the news as the page does, and tells how old each entry was."""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
import time
import urllib.parse
from collections.abc import Mapping
from pathlib import Path

from appliance.domain.moment import from_iso

POLL_S = 5.0


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class WallClient:
    """One wall. `start` with the databases of the offices whose entries are to be watched."""

    def __init__(self, url: str, code: str, name: str = "admin") -> None:
        self._place = urllib.parse.urlsplit(url).netloc
        self._secret, self._name = code, name
        self._stop = threading.Event()
        self._news = threading.Event()
        self._cookie = ""
        self._seen: dict[str, int] = {}
        self._databases: dict[str, Path] = {}
        self.lags: list[float] = []
        self.went_back = 0
        """How often a tile told of an older entry than before."""
        self.news = 0
        self._threads = [
            threading.Thread(target=self._listen, daemon=True),
            threading.Thread(target=self._fetch, daemon=True),
        ]

    def start(self, databases: Mapping[str, Path]) -> None:
        """Sign in and begin."""
        self._databases = dict(databases)
        body = json.dumps({"name": self._name, "password": self._secret})
        answer, _ = self._ask("POST", "/api/v1/session", body)
        self._cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        assert answer.status == 200, answer.status
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Hang up."""
        self._stop.set()
        self._news.set()

    def told(self) -> str:
        """The figures in words."""
        p50, p95, p99 = (quantile(self.lags, share) for share in (0.5, 0.95, 0.99))
        return (
            f"p50 {p50:.2f} s, p95 {p95:.2f} s, p99 {p99:.2f} s of {len(self.lags)} entries, {self.news} fetches, "
            f"{self.went_back} steps back"
        )

    def _ask(self, method: str, path: str, body: str = "") -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(self._place, timeout=30)
        headers = {"Content-Type": "application/json", "Origin": f"http://{self._place}", "Cookie": self._cookie}
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        found = answer.read()
        connection.close()
        return answer, found

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                connection = http.client.HTTPConnection(self._place, timeout=30)
                connection.request("GET", "/api/v1/events", headers={"Cookie": self._cookie})
                stream = connection.getresponse()
                while not self._stop.is_set():
                    line = stream.readline()
                    if not line:
                        break
                    if line.startswith(b"event: changed"):
                        self._news.set()
            except OSError:
                self._stop.wait(1.0)

    def _fetch(self) -> None:
        life, version = "", "0"
        while not self._stop.is_set():
            self._news.wait(POLL_S)
            self._news.clear()
            try:
                _, found = self._ask("GET", f"/wall/news?since={version}&life={urllib.parse.quote(life)}")
                news = json.loads(found)
            except (OSError, ValueError):
                continue
            at_ms = time.time() * 1000
            life, version = str(news["life"]), str(news["version"])
            self.news += 1
            for office, seq in news["heads"].items():
                self._take(office, int(seq), at_ms)

    def _take(self, office: str, seq: int, at_ms: float) -> None:
        known = self._seen.get(office)
        self._seen[office] = seq
        if not known or seq == known:
            return
        if seq < known:
            self.went_back += 1
            return
        path = self._databases.get(office)
        if path is None:
            return
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5) as db:
            rows = db.execute("SELECT at FROM journal WHERE seq > ? AND seq <= ?", (known, seq)).fetchall()
        self.lags += [(at_ms - from_iso(at)) / 1000 for (at,) in rows]
