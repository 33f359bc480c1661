-- The second schema: the bank keeps who has accepted its clock or an older copy of it, whose receipts say what is left,
-- and who stands at a kiosk; and a session ends when a PIN is set or a card changes its state.
--
-- The marks and conventions are those of the first schema. docs/JOURNAL.md lists the rows of the clock, the head and the
-- balances, which belong to the journal. No record mentions sessions, login links, wrong PINs and visits.

-- The clock and the head --------------------------------------------------------------------------------------------------
-- Whoever opens a bank writes these records; no command does.

-- Somebody has confirmed that the clock is right, though it is far ahead of the last record.
CREATE TABLE ledger_clock_acceptances (
    position {position_key},
    last_posted_at BIGINT NOT NULL  -- of the record before; the record's own time is what the clock said
);

-- Somebody goes on knowingly with a bank that had grown further: it was restored from an older copy.
CREATE TABLE ledger_rollback_acceptances (
    position {position_key},
    size_seen BIGINT NOT NULL,      -- how many records it had
    root_seen BYTEA NOT NULL,       -- the tree's root at that size
    last_seen_at BIGINT NOT NULL    -- when the last of them was posted
);

-- Access ------------------------------------------------------------------------------------------------------------------
-- Sessions and login links end when a PIN is set or a card changes its state, and each door counts its own wrong PINs.
-- These tables are made anew, and no row of theirs is kept: whoever was logged in logs in again.
DROP TABLE ledger_sessions;
DROP TABLE ledger_login_links;
DROP TABLE ledger_pin_misses;

-- Who is logged in. The token is in the person's browser.
CREATE TABLE ledger_sessions (
    session BYTEA NOT NULL PRIMARY KEY,  -- SHA-256 of the token
    member BIGINT NOT NULL,              -- the volunteer; -1 for staff
    credential TEXT NOT NULL,            -- the one that a member of staff showed; empty for volunteers
    standing BIGINT NOT NULL,            -- position of the last record that had set the PIN or the card's state; -1: none
    opened_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL           -- opening a page moves it
) {clustered};
CREATE INDEX ledger_sessions_member ON ledger_sessions (member);

-- Links from the counter; each logs a volunteer in once.
CREATE TABLE ledger_login_links (
    link BYTEA NOT NULL PRIMARY KEY,     -- SHA-256 of the token
    member BIGINT NOT NULL,
    standing BIGINT NOT NULL,            -- as in ledger_sessions
    expires_at BIGINT NOT NULL
) {clustered};
CREATE INDEX ledger_login_links_member ON ledger_login_links (member);

-- How many wrong PINs in a row somebody typed for a card number at a door, whether anybody has that card or not.
CREATE TABLE ledger_pin_misses (
    card BIGINT NOT NULL,
    door BIGINT NOT NULL,                -- 1 the web, 2 the stations
    misses BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (card, door)
) {clustered};

-- Balances on receipts ----------------------------------------------------------------------------------------------------

-- Whether a member's receipts say what the member has left. The row with the highest position holds; without one, they do
-- not.
CREATE TABLE ledger_balance_choices (
    member BIGINT NOT NULL,
    position BIGINT NOT NULL,
    balance BIGINT NOT NULL,    -- 1 left out, 2 printed
    PRIMARY KEY (member, position)
) {clustered};

-- Visits ------------------------------------------------------------------------------------------------------------------
-- One person's time at a kiosk. Their PIN begins it, or the work card of a member of staff.

-- The token is in the kiosk. A visit is over some minutes after opened_at, and sooner after used_at.
CREATE TABLE ledger_visits (
    visit BYTEA NOT NULL PRIMARY KEY,    -- SHA-256 of the token
    device TEXT NOT NULL,                -- the kiosk's credential
    station TEXT NOT NULL,
    member BIGINT NOT NULL,              -- whose account it opens; -1 where staff are there for themselves
    standing BIGINT NOT NULL,            -- as in ledger_sessions: a new PIN or a card's new state ends the visit
    attendant TEXT NOT NULL,             -- the credential of the member of staff who vouches; empty after a PIN
    opened_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL              -- when the kiosk last used it
) {clustered};
