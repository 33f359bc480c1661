-- The second schema: what the bank learnt to keep about its clock, its head and people's visits.
--
-- Marks and conventions are those of the first.

-- The clock and the head --------------------------------------------------------------------------------------------------

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
