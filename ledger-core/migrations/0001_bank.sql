-- The bank's first schema. One bank is one SQLite file or one PostgreSQL schema.
--
-- The same text serves both engines. Columns are BIGINT, TEXT or BYTEA and never NULL: -1 or an empty text means that
-- there is no value. Instants are UTC seconds, days count from 1970-01-01, and local times are minutes of the wall
-- clock
-- since 1970-01-01T00:00. Columns have no defaults, the database generates nothing, and nothing depends on how text
-- sorts.
--
-- Three marks are replaced for each engine (store/dialect.rs):
--   {position_key}  the primary key of a table in the journal's order: SQLite's own row number, PostgreSQL's BIGINT
--   {clustered}     SQLite keeps the rows in the primary key's tree
--   {hot}           PostgreSQL leaves room on the pages, because rows are rewritten all the time
--
-- Tables with a column "position" whose rows docs/JOURNAL.md lists belong to the journal: rows are added and never
-- changed.
-- All other tables follow from them. The exceptions are ledger_people, ledger_titles, ledger_pins and
-- ledger_audit_details,
-- which hold what can be erased, and the tables under "Access", which no record mentions.

-- The bank itself: one row, at position 0.
CREATE TABLE ledger_bank (
    position {position_key},
    bank_id TEXT NOT NULL,          -- random, 32 hexadecimal digits; the private key's file is named after it
    demo BIGINT NOT NULL,           -- 1: for demonstration, accepts the caller's clock
    town BIGINT NOT NULL,           -- 1: a town's bank; 0: accounts alone
    issuer TEXT NOT NULL,           -- the name on receipts; never changes
    origin TEXT NOT NULL,           -- the journal's name; never changes
    time_zone TEXT NOT NULL         -- IANA name of the zone for days, months and years
);

-- The journal's head: one row, in slot 0. A write commits by moving it from the values that were read.
CREATE TABLE ledger_head (
    slot {position_key},
    size BIGINT NOT NULL,         -- number of records
    root BYTEA NOT NULL,          -- the tree's root, RFC 9162
    frontier BYTEA NOT NULL,      -- roots of the perfect subtrees that make up the tree, largest first
    posted_at BIGINT NOT NULL,    -- of the last record; the next is never earlier
    next_account BIGINT NOT NULL  -- the number that the next account gets
) {hot};

-- What was done and by whom: leaf number "position" of the tree. What few records have stands in tables of its own.
CREATE TABLE ledger_records (
    position {position_key},
    format BIGINT NOT NULL,          -- says which fields are hashed, and how
    kind TEXT NOT NULL,              -- four letters that name the command
    posted_at BIGINT NOT NULL,
    effective_day BIGINT NOT NULL,   -- the day it counts for
    actor TEXT NOT NULL,
    channel BIGINT NOT NULL,         -- 1 host, 2 import, 3 counter, 4 kiosk, 5 API
    salt BYTEA NOT NULL,             -- 16 random bytes that hide the record in its leaf
    leaf BYTEA NOT NULL              -- the leaf's hash
);

-- What became of every id that a caller made: a record, or a refusal. For a record, the first three columns are one of
-- its
-- rows.
CREATE TABLE ledger_outcomes (
    credential TEXT NOT NULL,        -- the id is unique within it
    id BYTEA NOT NULL,               -- the caller's id, 16 bytes
    content_hash BYTEA NOT NULL,     -- SHA-256 of the command as it was sent
    position BIGINT NOT NULL,        -- -1: refused
    rejection TEXT NOT NULL,         -- code and fields as JSON; empty if accepted
    refused_at BIGINT NOT NULL,      -- -1 if accepted
    PRIMARY KEY (credential, id)
) {clustered};

-- For whom, at which device, and why. Only records where somebody said so have a row.
CREATE TABLE ledger_notes (
    position {position_key},
    on_behalf_of TEXT NOT NULL,
    device TEXT NOT NULL,
    reason TEXT NOT NULL
);

-- Roots of complete tiles of the tree, at levels 8, 16, 24 ...
CREATE TABLE ledger_nodes (
    level BIGINT NOT NULL,
    node BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (level, node)
) {clustered};

-- Double entry ------------------------------------------------------------------------------------------------------------

CREATE TABLE ledger_commodities (
    commodity TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    scale BIGINT NOT NULL
) {clustered};

CREATE TABLE ledger_accounts (
    account {position_key},
    position BIGINT NOT NULL,
    address TEXT NOT NULL,
    class BIGINT NOT NULL,      -- 1 asset, 2 liability, 3 equity, 4 income, 5 expense
    commodity TEXT NOT NULL,
    floor BIGINT NOT NULL,      -- lowest balance on the normal side
    lotted BIGINT NOT NULL      -- 1: has lots, which expire
);
CREATE UNIQUE INDEX ledger_accounts_address ON ledger_accounts (address);

CREATE TABLE ledger_account_states (
    account BIGINT NOT NULL,
    position BIGINT NOT NULL,
    state BIGINT NOT NULL,      -- 1 open, 2 frozen, 3 closed
    PRIMARY KEY (account, position)
) {clustered};

-- An entry moves one account. If the account has lots, it moves the lot too.
CREATE TABLE ledger_entries (
    position BIGINT NOT NULL,
    account BIGINT NOT NULL,
    lot BIGINT NOT NULL,            -- when the lot expires; 0 if the account has no lots
    quantity BIGINT NOT NULL,       -- smallest units, debits positive
    balance_after BIGINT NOT NULL,
    previous BIGINT NOT NULL,       -- position of the account's transaction before this one; statements follow it
    PRIMARY KEY (position, account, lot)
) {clustered};

CREATE TABLE ledger_balances (
    account {position_key},
    quantity BIGINT NOT NULL,       -- sum of the account's entries
    last_position BIGINT NOT NULL,
    state BIGINT NOT NULL
) {hot};

CREATE TABLE ledger_lots (
    account BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    PRIMARY KEY (account, expires_at)
) {clustered} {hot};

CREATE TABLE ledger_reversals (
    position {position_key},
    reversed_position BIGINT NOT NULL
);
CREATE INDEX ledger_reversals_reversed ON ledger_reversals (reversed_position);

-- Who ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE ledger_units (
    unit TEXT NOT NULL,
    position BIGINT NOT NULL,   -- the row with the highest one holds
    parent TEXT NOT NULL,
    level TEXT NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (unit, position)
) {clustered};

CREATE TABLE ledger_teams (
    team TEXT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    motto TEXT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (team, position)
) {clustered};

CREATE TABLE ledger_partners (
    partner TEXT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (partner, position)
) {clustered};

CREATE TABLE ledger_stations (
    code TEXT NOT NULL,
    position BIGINT NOT NULL,
    station BIGINT NOT NULL,    -- position of its first row
    unit TEXT NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (code, position)
) {clustered};

CREATE TABLE ledger_members (
    member {position_key},      -- position of the record that registered them
    position BIGINT NOT NULL,
    pseudonym TEXT NOT NULL,
    points_account BIGINT NOT NULL,
    minutes_account BIGINT NOT NULL
);

CREATE TABLE ledger_card_states (
    member BIGINT NOT NULL,
    position BIGINT NOT NULL,
    state BIGINT NOT NULL,      -- 1 active, 2 blocked
    PRIMARY KEY (member, position)
) {clustered};

-- Who the members are. Can be erased.
CREATE TABLE ledger_people (
    member {position_key},
    position BIGINT NOT NULL,
    card BIGINT NOT NULL,       -- ten digits
    name TEXT NOT NULL,
    sex TEXT NOT NULL,
    birth_year BIGINT NOT NULL,
    team TEXT NOT NULL,
    action_group TEXT NOT NULL,
    grid TEXT NOT NULL,
    building_group TEXT NOT NULL,
    home_station TEXT NOT NULL,
    consent_on TEXT NOT NULL
);
CREATE UNIQUE INDEX ledger_people_card ON ledger_people (card);

-- Something erasable changed: the journal keeps a salted digest of the new content.
CREATE TABLE ledger_audits (
    position {position_key},
    subject TEXT NOT NULL,
    digest BYTEA NOT NULL
);

-- What the digest was made of. Can be erased; without salt and document the digest tells nobody anything.
CREATE TABLE ledger_audit_details (
    position {position_key},
    salt BYTEA NOT NULL,
    document TEXT NOT NULL
);

-- Who may act: whoever shows the token. Ids are unique within a credential. The bank does not keep the token itself.
CREATE TABLE ledger_credentials (
    credential TEXT NOT NULL,
    position BIGINT NOT NULL,     -- the row with the highest one holds
    actor TEXT NOT NULL,          -- the name in the records
    role BIGINT NOT NULL,         -- 1 volunteer, 2 teller, 3 coordinator, 4 administrator, 5 device
    station TEXT NOT NULL,        -- where it may act; empty: everywhere
    member BIGINT NOT NULL,       -- the owner, if a volunteer; else -1
    token_hash BYTEA NOT NULL,    -- SHA-256 of the token, which has 160 random bits
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,  -- first instant at which it is no longer valid; -1: no end
    revoked BIGINT NOT NULL,      -- 1: revoked, for ever
    PRIMARY KEY (credential, position)
) {clustered};

-- What PINs are checked against. Can be erased; the journal keeps a digest.
CREATE TABLE ledger_pins (
    member {position_key},
    position BIGINT NOT NULL,
    verifier TEXT NOT NULL        -- Argon2id in PHC form, with a pepper that is not in the bank
);

-- Access --------------------------------------------------------------------------------------------------------------
-- What belongs to people's visits. No rule reads it, so it is kept beside the journal and leaves no trace there.

-- Who is logged in. The token is in the person's browser.
CREATE TABLE ledger_sessions (
    session BYTEA NOT NULL PRIMARY KEY,  -- SHA-256 of the token
    member BIGINT NOT NULL,              -- the volunteer; -1 for staff
    credential TEXT NOT NULL,            -- the one that a member of staff showed; empty for volunteers
    opened_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) {clustered};
CREATE INDEX ledger_sessions_member ON ledger_sessions (member);

-- Links from the counter; each logs a volunteer in once.
CREATE TABLE ledger_login_links (
    link BYTEA NOT NULL PRIMARY KEY,     -- SHA-256 of the token
    member BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) {clustered};

-- How many wrong PINs in a row somebody typed for a card number, whether anybody has that card or not.
CREATE TABLE ledger_pin_misses (
    card BIGINT NOT NULL PRIMARY KEY,
    misses BIGINT NOT NULL,
    last_at BIGINT NOT NULL
) {clustered};

-- Public keys. The private halves are never stored here.
CREATE TABLE ledger_keys (
    kid TEXT NOT NULL,
    position BIGINT NOT NULL,
    purpose BIGINT NOT NULL,    -- 1 receipts, 2 checkpoints
    public_key BYTEA NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    PRIMARY KEY (kid, position)
) {clustered};

-- Earning -----------------------------------------------------------------------------------------------------------------

CREATE TABLE ledger_policies (
    version {position_key},
    position BIGINT NOT NULL,
    document TEXT NOT NULL      -- JSON; never changed
);

CREATE TABLE ledger_activities (
    code TEXT NOT NULL,
    position BIGINT NOT NULL,
    activity BIGINT NOT NULL,   -- position of its first row
    service_type TEXT NOT NULL,
    day BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    station TEXT NOT NULL,
    team TEXT NOT NULL,
    organiser BIGINT NOT NULL,
    service_day BIGINT NOT NULL,
    PRIMARY KEY (code, position)
) {clustered};
CREATE INDEX ledger_activities_activity ON ledger_activities (activity);

-- Titles may name people. Can be erased.
CREATE TABLE ledger_titles (
    activity {position_key},
    position BIGINT NOT NULL,
    title TEXT NOT NULL
);

-- An attendance with its checked inputs and, part by part, what it earned.
CREATE TABLE ledger_attendances (
    position {position_key},
    member BIGINT NOT NULL,
    activity BIGINT NOT NULL,
    day BIGINT NOT NULL,
    check_in BIGINT NOT NULL,
    check_out BIGINT NOT NULL,
    credited_from BIGINT NOT NULL,
    credited_until BIGINT NOT NULL,
    relevant_until BIGINT NOT NULL,   -- end of the span or of the month, whichever is later
    policy_version BIGINT NOT NULL,   -- the version that set the price
    rule TEXT NOT NULL,
    grade TEXT NOT NULL,
    minutes_credited BIGINT NOT NULL,
    minutes_recorded BIGINT NOT NULL,
    minutes_counted BIGINT NOT NULL,
    time_points BIGINT NOT NULL,
    organiser_points BIGINT NOT NULL,
    service_day_points BIGINT NOT NULL,
    theme_points BIGINT NOT NULL,
    source TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    confirmed_by TEXT NOT NULL
);
-- Every earning pays for this index, the only one beside the primary keys: see benches/RESULTS.md.
CREATE INDEX ledger_attendances_member ON ledger_attendances (member, relevant_until);

-- Spending ----------------------------------------------------------------------------------------------------------------

CREATE TABLE ledger_offers (
    sku TEXT NOT NULL,
    version BIGINT NOT NULL,    -- the highest one holds
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind BIGINT NOT NULL,       -- 1 goods, 2 service, 3 voucher
    points BIGINT NOT NULL,
    cost_fen BIGINT NOT NULL,
    monthly_limit BIGINT NOT NULL,
    PRIMARY KEY (sku, version)
) {clustered};

CREATE TABLE ledger_redemption_lines (
    position BIGINT NOT NULL,
    line BIGINT NOT NULL,
    member BIGINT NOT NULL,
    station BIGINT NOT NULL,
    month BIGINT NOT NULL,      -- year * 12 + month - 1; counts against this month's limit
    sku TEXT NOT NULL,
    offer_version BIGINT NOT NULL,
    pieces BIGINT NOT NULL,     -- negative in a reversal
    points_each BIGINT NOT NULL,
    PRIMARY KEY (position, line)
) {clustered};

-- How many pieces of an offer a person has had in a month.
CREATE TABLE ledger_pieces_had (
    member BIGINT NOT NULL,
    sku TEXT NOT NULL,
    month BIGINT NOT NULL,
    pieces BIGINT NOT NULL,
    PRIMARY KEY (member, sku, month)
) {clustered} {hot};

CREATE TABLE ledger_receipts (
    position {position_key},
    station BIGINT NOT NULL,
    year BIGINT NOT NULL,
    number BIGINT NOT NULL,
    token TEXT NOT NULL         -- as it was signed; never built again
);
CREATE UNIQUE INDEX ledger_receipts_number ON ledger_receipts (station, year, number);

-- The last receipt of each station. The next one is linked to it.
CREATE TABLE ledger_chains (
    station {position_key},
    year BIGINT NOT NULL,
    number BIGINT NOT NULL,
    digest BYTEA NOT NULL
) {hot};
