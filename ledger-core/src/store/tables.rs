//! The tables that a batch writes: their columns, in the order of the cells that fill them.

use crate::effect::RowKind;

/// A column's type; there are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `BIGINT`.
    Integer,
    /// `TEXT`.
    Text,
    /// `BYTEA`.
    Bytes,
}

impl ColumnType {
    /// PostgreSQL's name.
    pub fn postgres(self) -> &'static str {
        match self {
            Self::Integer => "bigint",
            Self::Text => "text",
            Self::Bytes => "bytea",
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, in the order of the cells.
    pub columns: &'static [Column],
    /// How many leading columns are the key of a state.
    pub key_columns: usize,
    /// Whether its rows are states that are rewritten; otherwise rows are only added.
    pub is_state: bool,
}

const fn integer(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Integer }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Text }
}

const fn bytes(name: &'static str) -> Column {
    Column { name, kind: ColumnType::Bytes }
}

macro_rules! tables {
    ($($id:ident, $name:literal, $key:literal, $state:literal, [$($kind:ident $column:ident),* $(,)?];)*) => {
        /// A table that a batch writes, in the order of writing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each is the table of that name, documented in the migration")]
        pub enum TableId { $($id),* }

        /// All of them, in the order of [`TableId`].
        pub const TABLES: &[Table] = &[$(Table {
            name: $name,
            columns: &[$($kind(stringify!($column))),*],
            key_columns: $key,
            is_state: $state,
        }),*];
    };
}

tables! {
    Records, "ledger_records", 1, false, [
        integer position, text credential, bytes id, text kind, bytes content_hash, integer posted_at, integer effective_day,
        text actor, text on_behalf_of, integer channel, text device, text reason, integer policy_version,
        integer reversed_position, bytes salt, bytes receipt_hash, bytes leaf,
    ];
    Bank, "ledger_bank", 1, false, [
        integer position, text bank_id, integer demo, text issuer, text origin, text time_zone, integer format_version,
    ];
    Keys, "ledger_keys", 2, false, [
        integer position, text kid, integer purpose, bytes public_key, integer valid_from, integer valid_until,
    ];
    Commodities, "ledger_commodities", 1, false, [integer position, text commodity, integer scale];
    Accounts, "ledger_accounts", 1, false, [
        integer position, integer account, text address, integer class, text commodity, integer floor, integer lotted,
    ];
    AccountStates, "ledger_account_states", 2, false, [integer position, integer account, integer state];
    Entries, "ledger_entries", 3, false, [
        integer position, integer account, integer lot, integer quantity, integer balance_after, integer previous,
    ];
    Units, "ledger_units", 2, false, [integer position, text unit, text parent, text level, text name, text origin];
    Teams, "ledger_teams", 2, false, [integer position, text team, text kind, text name, text motto, text origin];
    Partners, "ledger_partners", 2, false, [integer position, text partner, text name, text origin];
    Stations, "ledger_stations", 2, false, [
        integer position, text code, integer station, text unit, text name, text origin,
    ];
    Members, "ledger_members", 1, false, [
        integer position, integer member, text pseudonym, integer points_account, integer minutes_account,
    ];
    CardStates, "ledger_card_states", 2, false, [integer position, integer member, integer state];
    Audits, "ledger_audits", 1, false, [integer position, text subject, bytes digest];
    Policies, "ledger_policies", 1, false, [integer position, integer version, text document];
    Activities, "ledger_activities", 2, false, [
        integer position, text code, integer activity, text service_type, integer day, integer starts_at, integer ends_at,
        text station, text team, integer organiser, integer service_day,
    ];
    Attendances, "ledger_attendances", 1, false, [
        integer position, integer member, integer activity, integer day, integer check_in, integer check_out,
        integer credited_from, integer credited_until, integer relevant_until, text rule, text grade,
        integer minutes_credited, integer minutes_recorded, integer minutes_counted, integer time_points,
        integer organiser_points, integer service_day_points, integer theme_points, text source, text entered_by,
        text confirmed_by,
    ];
    Offers, "ledger_offers", 2, false, [
        integer position, text sku, integer version, text name, integer kind, integer points, integer cost_fen,
        integer monthly_limit,
    ];
    RedemptionLines, "ledger_redemption_lines", 2, false, [
        integer position, integer line, integer member, integer station, integer month, text sku, integer offer_version,
        integer pieces, integer points_each,
    ];
    Credentials, "ledger_credentials", 2, false, [
        integer position, text credential, text actor, integer role, text station, integer member, bytes token_hash,
        integer valid_from, integer valid_until, integer revoked,
    ];
    Nodes, "ledger_nodes", 2, false, [integer level, integer node, bytes hash];
    Receipts, "ledger_receipts", 1, false, [
        integer position, integer station, integer year, integer number, text token,
    ];
    Reversals, "ledger_reversals", 1, false, [integer reversed_position, integer position];
    Outcomes, "ledger_outcomes", 2, false, [
        text credential, bytes id, bytes content_hash, integer position, text rejection, integer decided_at,
    ];
    AuditDetails, "ledger_audit_details", 1, false, [integer position, bytes salt, text document];
    Balances, "ledger_balances", 1, true, [integer account, integer quantity, integer last_position, integer state];
    Lots, "ledger_lots", 2, true, [integer account, integer expires_at, integer remaining];
    PiecesHad, "ledger_pieces_had", 3, true, [integer member, text sku, integer month, integer pieces];
    Chains, "ledger_chains", 1, true, [integer station, integer year, integer number, bytes digest];
    People, "ledger_people", 1, true, [
        integer member, integer position, integer card, text name, text sex, integer birth_year, text team,
        text action_group, text grid, text building_group, text home_station, text consent_on,
    ];
    Titles, "ledger_titles", 1, true, [integer activity, integer position, text title];
    Pins, "ledger_pins", 1, true, [integer member, integer position, text verifier];
}

impl TableId {
    /// The table.
    pub fn table(self) -> &'static Table {
        &TABLES[self as usize]
    }

    /// The table of a kind of row; its columns are the position and the row's cells.
    pub fn of(kind: RowKind) -> Self {
        match kind {
            RowKind::Bank => Self::Bank,
            RowKind::Key => Self::Keys,
            RowKind::Commodity => Self::Commodities,
            RowKind::Account => Self::Accounts,
            RowKind::AccountState => Self::AccountStates,
            RowKind::Entry => Self::Entries,
            RowKind::Unit => Self::Units,
            RowKind::Team => Self::Teams,
            RowKind::Partner => Self::Partners,
            RowKind::Station => Self::Stations,
            RowKind::Member => Self::Members,
            RowKind::CardState => Self::CardStates,
            RowKind::Audit => Self::Audits,
            RowKind::Policy => Self::Policies,
            RowKind::Activity => Self::Activities,
            RowKind::Attendance => Self::Attendances,
            RowKind::Offer => Self::Offers,
            RowKind::RedemptionLine => Self::RedemptionLines,
            RowKind::Credential => Self::Credentials,
        }
    }
}
