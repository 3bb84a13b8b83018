-- Directives of the situation centre. settled, began, ended and raised are journal entries.
ALTER TABLE ticket ADD COLUMN raised INTEGER;

CREATE TABLE directive (
    seq     INTEGER PRIMARY KEY CHECK (seq >= 1),
    id      TEXT    NOT NULL CHECK (length(id) <= 64),
    kind    TEXT    NOT NULL CHECK (length(kind) <= 40),
    author  TEXT    NOT NULL CHECK (length(author) <= 40),
    reason  TEXT    NOT NULL CHECK (length(reason) <= 40),
    target  TEXT    NOT NULL CHECK (length(target) <= 80),
    outcome TEXT    NOT NULL CHECK (outcome IN ('applied', 'refused', 'expired')),
    code    TEXT    NOT NULL,
    facts   TEXT    NOT NULL CHECK (json_valid(facts)),
    settled INTEGER NOT NULL,
    CHECK ((outcome = 'refused') = (code != ''))
) STRICT;

-- What the centre has changed for the day; one change of each kind at a time.
CREATE TABLE standing (
    id        INTEGER PRIMARY KEY,
    what      TEXT    NOT NULL CHECK (length(what) BETWEEN 1 AND 100),
    value     TEXT    NOT NULL CHECK (length(value) <= 100),
    directive INTEGER NOT NULL,
    told      INTEGER NOT NULL CHECK (told IN (0, 1)),
    began     INTEGER NOT NULL,
    ended     INTEGER,
    how       TEXT    NOT NULL CHECK (how IN ('', 'day', 'term', 'centre', 'staff', 'replaced')),
    CHECK ((how = '') = (ended IS NULL))
) STRICT;

CREATE UNIQUE INDEX one_standing_change_of_a_kind ON standing (what) WHERE ended IS NULL;

-- Texts that people have typed, by the number of their directive. They are in no journal and are erased after their
-- term: UTC milliseconds, not known before the day closes.
CREATE TABLE told (
    ref         INTEGER PRIMARY KEY,
    body        TEXT    NOT NULL CHECK (json_valid(body) AND length(body) <= 2000),
    erase_after INTEGER
) STRICT;
