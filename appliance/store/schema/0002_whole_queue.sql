-- Visits of several services, priority, access needs, bookings, reasons, pauses. Existing rows are made anew from the
-- journal in the same transaction (store/database.py).
ALTER TABLE ticket ADD COLUMN asked        TEXT    NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN purpose      TEXT    NOT NULL DEFAULT '' CHECK (purpose IN ('', 'consult', 'submit', 'collect'));
ALTER TABLE ticket ADD COLUMN category     TEXT;
ALTER TABLE ticket ADD COLUMN confirmed    INTEGER CHECK (confirmed IN (0, 1));
ALTER TABLE ticket ADD COLUMN needs        TEXT    NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN route        TEXT    NOT NULL DEFAULT '' CHECK (route = '' OR json_valid(route));
ALTER TABLE ticket ADD COLUMN slot         INTEGER CHECK (slot BETWEEN 0 AND 1439);
ALTER TABLE ticket ADD COLUMN resumed      INTEGER NOT NULL DEFAULT 0 CHECK (resumed IN (0, 1));
ALTER TABLE ticket ADD COLUMN promised     INTEGER NOT NULL DEFAULT 1 CHECK (promised IN (0, 1));
ALTER TABLE ticket ADD COLUMN told_low     INTEGER CHECK (told_low >= 0);
ALTER TABLE ticket ADD COLUMN told_high    INTEGER CHECK (told_high >= told_low);
ALTER TABLE ticket ADD COLUMN reason       TEXT    NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN park_min     INTEGER CHECK (park_min >= 0);
ALTER TABLE ticket ADD COLUMN first_called INTEGER;
ALTER TABLE ticket ADD COLUMN last_called  INTEGER;

ALTER TABLE desk ADD COLUMN reason TEXT NOT NULL DEFAULT '';

CREATE TABLE pause (
    id     INTEGER PRIMARY KEY,
    day    INTEGER NOT NULL,
    reason TEXT    NOT NULL,
    began  INTEGER NOT NULL,
    ended  INTEGER
) STRICT;

CREATE UNIQUE INDEX one_pause_at_a_time ON pause (day) WHERE ended IS NULL;
