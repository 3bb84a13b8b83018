"""Broken templates of slips, and what is told of each in English."""

from __future__ import annotations

from tests.hardware.templates import NUMBER_ALONE

RIGHT = NUMBER_ALONE
BROKEN = [
    ("nothing at all", "schema = 1\n", ["slip.toml: 'block' is missing"]),
    ("an empty list", "schema = 1\nblock = []\n", ["slip.toml: 'block' is missing"]),
    (
        "a misspelt option",
        RIGHT.replace('"number"', '"number"\nalgin = "centre"'),
        ["block 2 (number): unknown key 'algin' (did you mean 'align'?)"],
    ),
    ("no schema", RIGHT.replace("schema = 1\n", ""), ["slip.toml: 'schema' is missing"]),
    (
        "a later schema",
        RIGHT.replace("1", "2", 1),
        ["slip.toml: schema 2 is not supported, this version reads schema 1"],
    ),
    (
        "one block as a table",
        'schema = 1\n[block]\nkind = "number"\n',
        ["slip.toml: [block] must be written [[block]], once for each"],
    ),
    ("a word at the top", "templates = 1\n" + RIGHT, ["slip.toml: unknown key 'templates'"]),
    (
        "not TOML",
        "schema = 1\n[[block]\n",
        ["slip.toml: line 2: not TOML: Expected ']]' at the end of an array declaration"],
    ),
    ("not UTF-8", b"schema = 1\n# \xff\n", ["slip.toml: the file is not UTF-8 text (byte 13); save it as UTF-8"]),
    (
        "a kind that isn't there",
        RIGHT.replace('"number"', '"namber"'),
        [
            "block 2: 'kind' is 'namber', it must be one of mark, logo, office, address, rule, heading, number, "
            "service, rows, notes, code, footer, text, space (did you mean 'number'?)"
        ],
    ),
    ("no kind", RIGHT.replace('kind = "number"', "size = 80"), ["block 2: 'kind' is missing"]),
    (
        "no number",
        RIGHT.replace('"number"', '"office"'),
        ['slip.toml: no block shows the number; add one of kind = "number"'],
    ),
    (
        "two numbers",
        RIGHT.replace('"number"', '"number"\n[[block]]\nkind = "number"'),
        ["block 3 (number): block 2 is of the kind number already; remove one of them"],
    ),
    (
        "two offices",
        RIGHT.replace('"number"', '"number"\n[[block]]\nkind = "office"\n[[block]]\nkind = "office"'),
        ["block 4 (office): block 3 is of the kind office already; remove one of them"],
    ),
    (
        "no marks",
        'schema = 1\n[[block]]\nkind = "number"\n',
        [
            'block 1 (number): the first block must be of kind = "mark": a copy of a slip has to begin with its mark',
            'block 1 (number): the last block must be of kind = "mark": a copy of a slip has to end with its mark',
        ],
    ),
    (
        "one mark for both",
        'schema = 1\n[[block]]\nkind = "mark"\n',
        [
            'block 1 (mark): the last block must be of kind = "mark": a copy of a slip has to end with its mark',
            'slip.toml: no block shows the number; add one of kind = "number"',
        ],
    ),
    (
        "a mark between",
        RIGHT.replace('"number"', '"mark"\n[[block]]\nkind = "number"'),
        ["block 2 (mark): a mark belongs at the beginning and at the end only; remove this one"],
    ),
    (
        "small letters",
        RIGHT.replace('"number"', '"number"\n[[block]]\nkind = "office"\nsize = 22'),
        ["block 3 (office): 'size' is '22', it must be one of 24, 28 (did you mean '24'?)"],
    ),
    (
        "a small number",
        RIGHT.replace('"number"', '"number"\nsize = 28'),
        ["block 2 (number): 'size' is 28, it must be from 72 to 200"],
    ),
    (
        "another spelling",
        RIGHT.replace('"number"', '"number"\nalign = "center"'),
        ["block 2 (number): 'align' is 'center', it must be one of left, centre (did you mean 'centre'?)"],
    ),
    (
        "an option of another block",
        RIGHT.replace('"number"', '"number"\nbold = true'),
        ["block 2 (number): 'bold' means nothing for a block of kind number; it may have size, align, above, below"],
    ),
    (
        "white above a mark",
        RIGHT.replace('"mark"', '"mark"\nabove = 10', 1),
        ["block 1 (mark): 'above' means nothing for a block of kind mark; it may have gap"],
    ),
    (
        "more white than a slip is long",
        RIGHT.replace('"number"', '"number"\nabove = 900'),
        ["block 2 (number): 'above' is 900, it must be from 0 to 240"],
    ),
    (
        "a space without a height",
        RIGHT.replace('"number"', '"number"\n[[block]]\nkind = "space"'),
        ["block 3 (space): 'height' is missing"],
    ),
    (
        "a text without words",
        RIGHT.replace('"number"', '"number"\n[[block]]\nkind = "text"\nru = " "'),
        ["block 3 (text): a text needs words: give it ru, uk or en"],
    ),
    (
        "a text in another language",
        RIGHT.replace('"number"', '"number"\n[[block]]\nkind = "text"\nde = "Guten Tag"\nru = "a"'),
        ["block 3 (text): unknown key 'de'"],
    ),
    (
        "a long text",
        RIGHT.replace('"number"', '"number"\n[[block]]\nkind = "text"\nru = "' + "а" * 301 + '"'),
        ["block 3 (text): 'ru' is longer than 300 letters"],
    ),
    (
        "a type",
        RIGHT.replace('"number"', '"number"\n[[block]]\nkind = "rule"\nthickness = "4 dots"'),
        ["block 3 (rule): 'thickness' must be of type integer, not text (did you mean '4'?)"],
    ),
    (
        "many blocks",
        RIGHT.replace('"number"', '"number"' + '\n[[block]]\nkind = "rule"' * 38),
        ["slip.toml: there are 41 blocks, at most 40 are allowed; remove some"],
    ),
    (
        "several at once",
        RIGHT.replace('"number"', '"number"\nalign = 1').replace('"mark"', '"mark"\ngap = -1', 1),
        [
            "block 1 (mark): 'gap' is -1, it must be from 0 to 240",
            "block 2 (number): 'align' must be of type text, not integer",
        ],
    ),
]
