-- The second schema: what the bank learnt to keep about its clock, its head and people's visits.
--
-- Marks and conventions are those of the first.

-- Balances on receipts ----------------------------------------------------------------------------------------------------

-- Whether a member's receipts say what the member has left. The row with the highest position holds; without one they do not.
CREATE TABLE ledger_balance_choices (
    member BIGINT NOT NULL,
    position BIGINT NOT NULL,
    balance BIGINT NOT NULL,    -- 1 left out, 2 printed
    PRIMARY KEY (member, position)
) {clustered};
