-- The third schema: holds; an account's state says when it last changed, how many records move it, and in how many pieces
-- open holds name it; which records were posted together; and accounts can be known as of any position.
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
    records BIGINT NOT NULL,        -- how many records have entries of it, or change what holds have of it
    held_pieces BIGINT NOT NULL     -- how many rows of ledger_hold_remainders name it and are not zero
) {hot};

INSERT INTO ledger_balances (account, quantity, last_position, state, version, records, held_pieces)
SELECT b.account, b.quantity, b.last_position, b.state,
    CASE WHEN COALESCE(s.position, -1) > b.last_position THEN s.position ELSE b.last_position END,
    COALESCE(e.records, 0), 0
FROM ledger_balances_before b
LEFT JOIN (SELECT account, MAX(position) AS position FROM ledger_account_states GROUP BY account) s
    ON s.account = b.account
LEFT JOIN (SELECT account, COUNT(DISTINCT position) AS records FROM ledger_entries GROUP BY account) e
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

-- What was posted together ------------------------------------------------------------------------------------------------

-- This record and those after it were posted together or not at all. Only the first of them has a row.
CREATE TABLE ledger_batches (
    position {position_key},
    records BIGINT NOT NULL     -- how many they are, at least 2
);

-- Milestones --------------------------------------------------------------------------------------------------------------
-- Every 64th record of an account notes what the account was, so that it can be known as of any position. These rows follow
-- from the records.

-- It takes the place of an index on ledger_entries (account, position). A transfer pays 0.7 bytes for it, and 26 for the index:
-- docs/decisions/storage.md.
CREATE TABLE ledger_milestones (
    account BIGINT NOT NULL,
    position BIGINT NOT NULL,
    records BIGINT NOT NULL,        -- which of the account's records it is; a multiple of 64
    quantity BIGINT NOT NULL,       -- as in ledger_balances, after that record
    last_position BIGINT NOT NULL,
    version BIGINT NOT NULL,
    whole BIGINT NOT NULL,          -- 1: the lots and the pieces of holds are noted
    PRIMARY KEY (account, position)
) {clustered};

-- What the account had in each lot; empty ones are left out.
CREATE TABLE ledger_milestone_lots (
    account BIGINT NOT NULL,
    position BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    PRIMARY KEY (account, position, expires_at)
) {clustered};

-- What holds had reserved of the account.
CREATE TABLE ledger_milestone_holds (
    account BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hold BIGINT NOT NULL,
    lot BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    PRIMARY KEY (account, position, hold, lot)
) {clustered};

-- What became of an account in holds from one milestone to the next. Only records that place, capture or release a hold pay
-- for it, about 14 bytes and a random page for each of their rows.
CREATE INDEX ledger_hold_entries_account ON ledger_hold_entries (account, position);

-- The milestones of the accounts that there are. They are in no holds yet. A milestone is whole if it has no more lots than
-- the largest power of two that divides its number.
INSERT INTO ledger_milestones (account, position, records, quantity, last_position, version, whole)
SELECT r.account, r.position, r.records, r.balance_after, r.position, r.position,
    CASE WHEN r.lots <= (r.records & -r.records) THEN 1 ELSE 0 END
FROM (
    SELECT l.account, l.position, l.balance_after,
        DENSE_RANK() OVER (PARTITION BY l.account ORDER BY l.position) AS records,
        ROW_NUMBER() OVER (PARTITION BY l.account, l.position ORDER BY l.lot DESC) AS from_last,
        SUM(CASE WHEN l.lot <> 0 AND l.lot_after <> 0 THEN 1 ELSE 0 END
            - CASE WHEN l.lot <> 0 AND l.lot_after <> l.quantity THEN 1 ELSE 0 END)
            OVER (PARTITION BY l.account ORDER BY l.position) AS lots
    FROM (
        SELECT e.account, e.position, e.lot, e.quantity, e.balance_after,
            SUM(e.quantity) OVER (PARTITION BY e.account, e.lot ORDER BY e.position) AS lot_after
        FROM ledger_entries e
    ) l
) r
WHERE r.from_last = 1 AND r.records % 64 = 0;

INSERT INTO ledger_milestone_lots (account, position, expires_at, remaining)
SELECT m.account, m.position, l.lot, CAST(CASE WHEN a.class IN (1, 5) THEN l.lot_after ELSE -l.lot_after END AS BIGINT)
FROM (
    SELECT e.account, e.position, e.lot,
        SUM(e.quantity) OVER (PARTITION BY e.account, e.lot ORDER BY e.position) AS lot_after,
        LEAD(e.position) OVER (PARTITION BY e.account, e.lot ORDER BY e.position) AS next_position
    FROM ledger_entries e
    WHERE e.lot <> 0
) l
JOIN ledger_accounts a ON a.account = l.account
JOIN ledger_milestones m ON m.account = l.account AND m.position >= l.position
    AND (l.next_position IS NULL OR m.position < l.next_position)
WHERE m.whole = 1 AND l.lot_after <> 0;

-- Expiry ------------------------------------------------------------------------------------------------------------------

-- What goes from an expired lot to breakage, or comes back from there. The latest row of a lot is found by its key.
CREATE TABLE ledger_sweeps (
    account BIGINT NOT NULL,
    lot BIGINT NOT NULL,        -- when the lot expired
    position BIGINT NOT NULL,
    quantity BIGINT NOT NULL,   -- smallest units on the account's normal side; negative: it comes back
    swept BIGINT NOT NULL,      -- what breakage has of this lot afterwards
    PRIMARY KEY (account, lot, position)
) {clustered};

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
