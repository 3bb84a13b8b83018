"""The committed description is the one that the code makes."""

from __future__ import annotations

import json
import re
from typing import Any

from appliance.api.openapi import COMMITTED, render
from appliance.api.problems import MEDIA_TYPE
from tests.api.rig import Rig


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    paths = json.loads(COMMITTED.read_text(encoding="utf-8"))["paths"]
    return [(path, method, item) for path, entry in paths.items() for method, item in entry.items()]


def test_the_committed_description_is_the_generated_one() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == render(), "run: python -m appliance.api.openapi"


def test_every_operation_has_a_name_a_sentence_and_its_problems() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names)) >= 50
    for path, _, operation in operations():
        assert re.fullmatch(r"[a-z_]+", operation["operationId"])
        assert operation["description"].strip(), path
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and operation["operationId"] != "read_health":
                assert list(answer["content"]) == [MEDIA_TYPE], (path, status)
        assert "HTTPValidationError" not in json.dumps(operation)


def test_every_change_of_the_queue_takes_a_key() -> None:
    session = ("sign-in", "sign-out", "/session/", "/operators", "/clock/confirm", "/hall/screens/", "/technician/")
    for path, method, operation in operations():
        if method == "post" and not any(part in path for part in session):
            names = [parameter["name"] for parameter in operation["parameters"]]
            assert "Idempotency-Key" in names, path


def test_the_running_office_serves_the_same_description(rig: Rig) -> None:
    served = rig.client().get("/api/v1/openapi.json").json()
    assert served == json.loads(COMMITTED.read_text(encoding="utf-8"))


def test_no_page_of_the_framework_asks_the_internet(rig: Rig) -> None:
    for path in ("/docs", "/redoc"):
        assert rig.client().get(path).status_code == 404
