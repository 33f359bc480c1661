-- The third schema: which records were posted together.
--
-- The marks and conventions are those of the first schema.

-- What was posted together ------------------------------------------------------------------------------------------------

-- This record and those after it were posted together or not at all. Only the first of them has a row.
CREATE TABLE ledger_batches (
    position {position_key},
    records BIGINT NOT NULL     -- how many they are, at least 2
);
