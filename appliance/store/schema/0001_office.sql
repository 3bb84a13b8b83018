-- The history. Order is seq, never the clock; chain makes a fork or a rewrite show at once.
CREATE TABLE journal (
    seq           INTEGER PRIMARY KEY,
    at            TEXT    NOT NULL CHECK (length(at) = 24),
    clock_trusted INTEGER NOT NULL CHECK (clock_trusted IN (0, 1)),
    boot_id       TEXT    NOT NULL CHECK (length(boot_id) BETWEEN 1 AND 40),
    uptime_ms     INTEGER NOT NULL CHECK (uptime_ms >= 0),
    actor         TEXT    NOT NULL CHECK (length(actor) BETWEEN 1 AND 80),
    kind          TEXT    NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    version       INTEGER NOT NULL CHECK (version >= 1),
    body          TEXT    NOT NULL CHECK (json_valid(body) AND length(body) <= 4096),
    chain         BLOB    NOT NULL CHECK (length(chain) = 32)
) STRICT;

CREATE TRIGGER journal_is_not_updated BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is not rewritten'); END;

CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is not deleted'); END;

CREATE TABLE office (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    office       TEXT    NOT NULL,
    incarnation  INTEGER NOT NULL CHECK (incarnation >= 0),
    life         TEXT    NOT NULL,
    fence_block  INTEGER,
    fence_until  TEXT,
    plan         TEXT,
    next_plan    TEXT
) STRICT;

-- Documents by digest: the journal names a plan, it doesn't hold it.
CREATE TABLE plan (
    id       INTEGER PRIMARY KEY,
    digest   TEXT    NOT NULL CHECK (length(digest) = 64),
    version  INTEGER NOT NULL,
    document TEXT    NOT NULL
) STRICT;

CREATE TABLE day (
    number INTEGER PRIMARY KEY,
    date   TEXT,
    block  INTEGER NOT NULL CHECK (block BETWEEN 0 AND 8),
    plan   TEXT    NOT NULL,
    opened INTEGER NOT NULL REFERENCES journal (seq),
    closed INTEGER REFERENCES journal (seq)
) STRICT;

CREATE TABLE counter (
    day    INTEGER NOT NULL,
    series TEXT    NOT NULL,
    next   INTEGER NOT NULL CHECK (next BETWEEN 1 AND 9000),
    PRIMARY KEY (day, series)
) STRICT, WITHOUT ROWID;

-- Times are journal entries: issued, called, heard, started and ended point into the journal.
CREATE TABLE ticket (
    id        INTEGER PRIMARY KEY,
    day       INTEGER NOT NULL,
    series    TEXT    NOT NULL CHECK (length(series) = 1),
    number    INTEGER NOT NULL CHECK (number BETWEEN 1 AND 9999),
    service   TEXT    NOT NULL,
    language  TEXT    NOT NULL CHECK (language IN ('ru', 'uk', 'en')),
    state     TEXT    NOT NULL CHECK (state IN ('waiting', 'called', 'serving', 'parked', 'missed', 'left', 'done')),
    place     INTEGER NOT NULL,
    place_sub INTEGER NOT NULL,
    adopted   INTEGER NOT NULL CHECK (adopted IN (0, 1)),
    desk      INTEGER,
    for_desk  INTEGER,
    returned  INTEGER NOT NULL CHECK (returned IN (0, 1)),
    calls     INTEGER NOT NULL CHECK (calls >= 0),
    issued    INTEGER NOT NULL,
    called    INTEGER,
    heard     INTEGER,
    started   INTEGER,
    ended     INTEGER,
    inferred  INTEGER NOT NULL CHECK (inferred IN (0, 1)),
    by_system INTEGER NOT NULL CHECK (by_system IN (0, 1)),
    CHECK ((state IN ('called', 'serving')) = (desk IS NOT NULL)),
    CHECK (state != 'called' OR called IS NOT NULL),
    CHECK (state != 'serving' OR started IS NOT NULL),
    CHECK (state NOT IN ('missed', 'left', 'done', 'parked') OR ended IS NOT NULL),
    UNIQUE (day, series, number)
) STRICT;

CREATE UNIQUE INDEX one_active_ticket_per_desk ON ticket (desk) WHERE desk IS NOT NULL;

CREATE TABLE desk (
    number   INTEGER PRIMARY KEY,
    state    TEXT    NOT NULL CHECK (state IN ('closed', 'free', 'break', 'called', 'serving')),
    ticket   INTEGER UNIQUE,
    operator TEXT,
    since    INTEGER,
    CHECK ((state IN ('called', 'serving')) = (ticket IS NOT NULL))
) STRICT;

-- Durable jobs of the printer. One unmarked paper for a ticket; every other one is a copy.
CREATE TABLE slip (
    id      INTEGER PRIMARY KEY,
    ticket  INTEGER NOT NULL,
    copy    INTEGER NOT NULL CHECK (copy IN (0, 1)),
    state   TEXT    NOT NULL CHECK (state IN ('queued', 'printed', 'sent', 'unknown', 'expired')),
    queued  INTEGER NOT NULL,
    settled INTEGER,
    CHECK ((state = 'queued') = (settled IS NULL))
) STRICT;

CREATE UNIQUE INDEX one_unmarked_paper_per_ticket ON slip (ticket) WHERE copy = 0;

-- What was asked under which idempotency key; kept in memory too, so no index on random text. Emptied when the day closes.
CREATE TABLE request (
    id     INTEGER PRIMARY KEY,
    key    TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 96),
    digest TEXT    NOT NULL,
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL
) STRICT;
