-- The bell at the ramp and the conditions of the devices. rung, answered, arrived, closed and since are journal entries.
CREATE TABLE bell (
    id        INTEGER PRIMARY KEY,
    bell      TEXT    NOT NULL CHECK (length(bell) BETWEEN 1 AND 20),
    rung      INTEGER NOT NULL,
    rings     INTEGER NOT NULL CHECK (rings BETWEEN 1 AND 20),
    escalated INTEGER NOT NULL CHECK (escalated IN (0, 1, 2)),
    answered  INTEGER,
    arrived   INTEGER,
    closed    INTEGER,
    how       TEXT    NOT NULL CHECK (how IN ('', 'ramp', 'page', 'system', 'loop-cut')),
    CHECK ((how = '') = (closed IS NULL)),
    CHECK ((how IN ('ramp', 'page')) = (arrived IS NOT NULL)),
    CHECK (arrived IS NULL OR (answered IS NOT NULL AND arrived = closed))
) STRICT;

CREATE UNIQUE INDEX one_open_call_per_bell ON bell (bell) WHERE closed IS NULL;

CREATE TABLE device (
    name      TEXT    PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 40),
    condition TEXT    NOT NULL CHECK (condition IN ('ready', 'warning', 'missing', 'fault')),
    reason    TEXT    NOT NULL CHECK (length(reason) <= 40),
    since     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The history of the devices lies thin in the journal: found without reading all of it. Other entries cost nothing here.
CREATE INDEX device_changes ON journal (seq) WHERE kind = 'DeviceChanged';
