"""The wall's documentation and the sentences of its alarms follow the code."""

from __future__ import annotations

import re

from sync.centre import alarm_rules
from sync.centre.alarm_words import RULE_WORDS
from sync.centre.indicator_docs import COMMITTED, render
from sync.centre.thresholds import DEFAULTS


def test_the_committed_page_is_what_the_code_says() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == render(), "run python -m sync.centre.indicator_docs"


def test_every_rule_has_a_sentence_and_a_next_step() -> None:
    assert set(RULE_WORDS) == set(DEFAULTS) - {"stale"}


def test_sentences_ask_only_for_facts_that_the_rules_give() -> None:
    given = set(re.findall(r'"([a-z]+)":', open(alarm_rules.__file__, encoding="utf-8").read()))  # noqa: PTH123, SIM115
    for rule, words in RULE_WORDS.items():
        wanted = set(re.findall(r"%\((\w+)\)s", words.tells + words.todo))
        assert wanted <= given, (rule, wanted - given)
