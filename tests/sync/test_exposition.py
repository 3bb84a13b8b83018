"""The text that Prometheus reads."""

from __future__ import annotations

from sync.exposition import Sample, counter, exposition, gauge


def test_a_family_is_told_once_with_all_its_samples() -> None:
    text = exposition(
        [
            gauge("talon_waiting", "Waiting now.", Sample(3, {"office": "a"}), Sample(0.5, {"office": "b"})),
            counter("talon_puts_total", "Objects.", Sample(7)),
        ]
    )
    assert text == (
        "# HELP talon_waiting Waiting now.\n# TYPE talon_waiting gauge\n"
        'talon_waiting{office="a"} 3\ntalon_waiting{office="b"} 0.5\n'
        "# HELP talon_puts_total Objects.\n# TYPE talon_puts_total counter\ntalon_puts_total 7\n"
    )


def test_unknown_is_left_out_and_never_zero() -> None:
    assert exposition([gauge("a", "A.", Sample(None, {"office": "x"}))]) == "\n"
    assert "x" not in exposition([gauge("a", "A.", Sample(None, {"office": "x"}), Sample(1, {"office": "y"}))])


def test_labels_and_odd_numbers_are_written_as_the_format_wants() -> None:
    text = exposition([gauge("a", "back\\slash\nline", Sample(float("inf"), {"n": 'say "hi"\\\n'}), Sample(True))])
    assert "# HELP a back\\\\slash\\nline\n" in text
    assert 'a{n="say \\"hi\\"\\\\\\n"} +Inf\n' in text
    assert text.endswith("a 1\n")
