-- The third schema: holds; and an account's state says when it last changed, how many transactions it has, and in how
-- many pieces open holds name it.
--
-- The marks and conventions are those of the first schema. docs/JOURNAL.md lists the rows that belong to the journal.

-- Accounts as they stand --------------------------------------------------------------------------------------------------

ALTER TABLE ledger_balances RENAME TO ledger_balances_before;

CREATE TABLE ledger_balances (
    account {position_key},
    quantity BIGINT NOT NULL,       -- sum of the account's entries
    last_position BIGINT NOT NULL,  -- of its last entry; -1: none
    state BIGINT NOT NULL,
    version BIGINT NOT NULL,        -- position of the last record with an entry, a reservation or a state of it; -1: none
    transactions BIGINT NOT NULL,   -- how many records have entries of it
    held_pieces BIGINT NOT NULL     -- how many rows of ledger_hold_remainders name it and are not zero
) {hot};

INSERT INTO ledger_balances (account, quantity, last_position, state, version, transactions, held_pieces)
SELECT b.account, b.quantity, b.last_position, b.state,
    CASE WHEN COALESCE(s.position, -1) > b.last_position THEN s.position ELSE b.last_position END,
    COALESCE(e.transactions, 0), 0
FROM ledger_balances_before b
LEFT JOIN (SELECT account, MAX(position) AS position FROM ledger_account_states GROUP BY account) s
    ON s.account = b.account
LEFT JOIN (SELECT account, COUNT(DISTINCT position) AS transactions FROM ledger_entries GROUP BY account) e
    ON e.account = b.account;

DROP TABLE ledger_balances_before;

-- Holds -------------------------------------------------------------------------------------------------------------------

-- A transaction that has not happened yet. Its number is the position of this row.
CREATE TABLE ledger_holds (
    position {position_key},
    code TEXT NOT NULL,         -- the caller's; unique in the bank for ever
    placed_at BIGINT NOT NULL,
    until BIGINT NOT NULL       -- the first instant at which it no longer holds anything
);
CREATE UNIQUE INDEX ledger_holds_code ON ledger_holds (code);

-- What a record adds to a hold, or takes out of it: one row for each account and lot. Entries of the same record have been
-- captured; the rest is free again.
CREATE TABLE ledger_hold_entries (
    position BIGINT NOT NULL,
    hold BIGINT NOT NULL,
    account BIGINT NOT NULL,
    lot BIGINT NOT NULL,        -- when the lot expires; 0 if the account has no lots
    quantity BIGINT NOT NULL,   -- smallest units, debits positive, as they will be posted
    remaining BIGINT NOT NULL,  -- what is left in the hold afterwards
    PRIMARY KEY (position, hold, account, lot)
) {clustered};

-- What is left in a hold.
CREATE TABLE ledger_hold_remainders (
    hold BIGINT NOT NULL,
    account BIGINT NOT NULL,
    lot BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    PRIMARY KEY (hold, account, lot)
) {clustered} {hot};
CREATE INDEX ledger_hold_remainders_account ON ledger_hold_remainders (account) WHERE remaining <> 0;

-- Reversals ---------------------------------------------------------------------------------------------------------------

-- What a reversal takes back of an earlier record's entries. A reversal that an older version has written has no rows here: it
-- takes back everything.
CREATE TABLE ledger_reversed_entries (
    reversed_position BIGINT NOT NULL,
    position BIGINT NOT NULL,
    account BIGINT NOT NULL,
    lot BIGINT NOT NULL,            -- the earlier entry's
    quantity BIGINT NOT NULL,       -- smallest units, debits positive: the opposite sign of the earlier entry
    PRIMARY KEY (reversed_position, position, account, lot)
) {clustered};

-- An attendance that no longer counts: all that it earned was taken back.
CREATE TABLE ledger_attendance_reversals (
    attendance {position_key},  -- its position
    position BIGINT NOT NULL,
    member BIGINT NOT NULL,
    activity BIGINT NOT NULL
);

-- Limits over time --------------------------------------------------------------------------------------------------------

-- A limit, as it is from here on: how much may go into accounts, or out of them, in a stretch of the calendar.
CREATE TABLE ledger_limits (
    position {position_key},
    code TEXT NOT NULL,         -- the caller's
    commodity TEXT NOT NULL,    -- empty if it is of one account
    place TEXT NOT NULL,        -- an address; of each account of the commodity, the prefix of theirs, which ends in /
    side BIGINT NOT NULL,       -- 1: in, 2: out, on the account's normal side
    span BIGINT NOT NULL,       -- 1: day, 2: month, 3: year, in the bank's zone
    quantity BIGINT NOT NULL    -- smallest units; -1: removed
);

-- What was used of an account's day, month or year when its last record was posted. Only of accounts that a limit covers; a row
-- whose counted_to is before the account's last position is out of date.
CREATE TABLE ledger_limit_usages (
    account BIGINT NOT NULL,
    span BIGINT NOT NULL,
    started_at BIGINT NOT NULL, -- its first instant
    counted_to BIGINT NOT NULL, -- position of the last record with entries of the account
    used_in BIGINT NOT NULL,    -- smallest units
    used_out BIGINT NOT NULL,
    PRIMARY KEY (account, span)
) {clustered} {hot};
