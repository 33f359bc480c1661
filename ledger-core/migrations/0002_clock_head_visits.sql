-- The second schema: what the bank learnt to keep about its clock, its head and people's visits.
--
-- Marks and conventions are those of the first.

-- Visits ------------------------------------------------------------------------------------------------------------------
-- Somebody's time at a kiosk, begun with their PIN or by a member of staff. No rule reads it.

CREATE TABLE ledger_visits (
    visit BYTEA NOT NULL PRIMARY KEY,    -- SHA-256 of the token
    device TEXT NOT NULL,                -- the kiosk's credential
    station TEXT NOT NULL,
    member BIGINT NOT NULL,              -- whose account it opens; -1 where staff are there for themselves
    attendant TEXT NOT NULL,             -- the credential of the member of staff who vouches; empty after a PIN
    opened_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
) {clustered};
