//! Statements. Both engines must accept every one of them, and a batch of any size must need no more than its bound, as
//! the engine itself counts.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::ops::Range;
use std::sync::Arc;

use bank_tests::bank::{
    NOON, TestBank, activity, attendance, credential, details, keyed, offer, pin, policy, post_all, redeem,
    reference_town, station, unit, unkeyed,
};
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use baoyulan_ledger::book::account::Class;
use baoyulan_ledger::book::{Address, Commodity};
use baoyulan_ledger::clock::{BankClock, LastRecord};
use baoyulan_ledger::command::{
    Command, Envelope, NewAccount, NewEntry, OpenStock, Post, ReverseRedemption, SetCardState, SetMember,
};
use baoyulan_ledger::earn::ActivityPlan;
use baoyulan_ledger::people::{CardNumber, CardState, MemberDetails, Role};
use baoyulan_ledger::poster::{Poster, WARM_KEYS_MAX};
use baoyulan_ledger::store::dialect::{self, Engine};
use baoyulan_ledger::store::write::batch_postgres;
use baoyulan_ledger::store::{self, Conn, Target};
use baoyulan_ledger::{Posted, Rejection};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};
use tempfile::TempDir;
use xtask::postgres::Server;

both_engines!(every_statement_is_prepared, async |bank| {
    bank.open().await.close().await;
    let mut conn = Conn::open(&Target::parse(bank.url()).unwrap(), false).await.unwrap();
    let engine = conn.engine();
    let mut texts: Vec<String> =
        [engine.begin(), engine.begin_snapshot(), engine.lock_head(), engine.has_migrations(), "COMMIT", "ROLLBACK"]
            .map(str::to_owned)
            .into();
    texts.extend(store::reads().iter().map(|read| engine.read(&read.sql, read.keys)));
    let tables = store::tables();
    match engine {
        Engine::Sqlite => {
            texts.push(dialect::move_head_sqlite());
            let sizes = (0..=10).map(|power| 1 << power);
            let inserts = sizes.flat_map(|rows| [false, true].map(|is_padded| (rows, is_padded)));
            texts.extend(inserts.flat_map(|(rows, is_padded)| {
                // No column is shared by the rows, or all but the first or the last.
                tables.iter().flat_map(move |table| {
                    let count = table.columns().len();
                    let shares: [Vec<bool>; 3] = [
                        vec![false; count],
                        (0..count).map(|index| index > 0).collect(),
                        (1..=count).map(|index| index < count).collect(),
                    ];
                    shares.map(|is_shared| dialect::insert_sqlite(table, rows, is_padded, &is_shared))
                })
            }));
        }
        Engine::Postgres => {
            texts.push(dialect::move_head_postgres());
            texts.push(batch_postgres(tables.iter().copied()));
            texts.extend(tables.iter().map(|table| batch_postgres([*table].into_iter())));
            texts.extend(tables.iter().map(|table| dialect::insert_postgres(table, 1, "")));
            texts.extend(tables.iter().map(|table| dialect::copy_postgres(table)));
        }
    }
    for text in texts {
        let start: String = text.chars().take(300).collect();
        conn.prepare(text).await.unwrap_or_else(|error| unreachable!("{error}: {start}"));
    }
});

/// Asks an engine for a single value.
async fn setting(conn: &mut Conn, question: &'static str) -> String {
    let rows = conn.fetch_text(question).await.unwrap();
    let (text, integer) = (rows[0].text(0), rows[0].integer(0));
    if text.is_empty() { integer.to_string() } else { text }
}

async fn assert_durable(conn: &mut Conn) {
    let settings: &[(&'static str, &str)] = match conn.engine() {
        Engine::Sqlite => &[("PRAGMA journal_mode", "wal"), ("PRAGMA synchronous", "2"), ("PRAGMA page_size", "4096")],
        Engine::Postgres => &[
            ("SHOW synchronous_commit", "on"),
            ("SHOW fsync", "on"),
            ("SHOW default_transaction_isolation", "read committed"),
            ("SHOW server_encoding", "UTF8"),
        ],
    };
    for (question, expected) in settings {
        assert_eq!(setting(conn, question).await, *expected, "{question}");
    }
}

both_engines!(every_connection_keeps_what_it_commits, async |bank| {
    let target = Target::parse(bank.url()).unwrap();
    // The connection that founds the bank, the next one, and the writer's own after it has written.
    assert_durable(&mut Conn::open(&target, true).await.unwrap()).await;
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    ledger.close().await;
    assert_durable(&mut Conn::open(&target, false).await.unwrap()).await;
    let writing = Writing::start(bank, bank.url()).await;
    writing.post(vec![unkeyed(station("S03", "桃李春风"))]).await;
    assert_durable(&mut writing.end().await).await;
});

both_engines!(a_url_cannot_weaken_a_connection, async |bank| {
    if bank.is_postgres() {
        let url = bank.url().replace("?schema=", "?options=-c%20synchronous_commit%3Doff&schema=");
        assert_durable(&mut Conn::open(&Target::parse(&url).unwrap(), false).await.unwrap()).await;
    } else {
        let url = format!("{}?immutable=false&mode=rwc", bank.url());
        assert_durable(&mut Conn::open(&Target::parse(&url).unwrap(), true).await.unwrap()).await;
    }
});

/// A writer that hands its connection back.
struct Writing {
    poster: Poster,
    writer: tokio::task::JoinHandle<Option<Conn>>,
}

impl Writing {
    /// Starts a writer on the bank at `url`, with this bank's key and options.
    async fn start(bank: &TestBank, url: &str) -> Self {
        let target = Target::parse(url).unwrap();
        let conn = Conn::open(&target, false).await.unwrap();
        let options = bank.options();
        let key = Arc::new(bank.signing_key());
        let clock = BankClock::new(
            options.clock,
            Arc::clone(target.watch()),
            LastRecord { posted_at: NOON, is_of_demo: true },
            31,
        );
        let (poster, writer) = Poster::unstarted(target, conn, clock, options.randomness, key, WARM_KEYS_MAX);
        Self { poster, writer: tokio::spawn(writer) }
    }

    async fn post(&self, envelopes: Vec<Envelope>) -> Vec<Result<Posted, Rejection>> {
        self.poster.post_all(envelopes).await.unwrap()
    }

    async fn end(self) -> Conn {
        drop(self.poster);
        self.writer.await.unwrap().unwrap()
    }
}

// Counting ------------------------------------------------------------------------------------------------------------------

/// How many commands the counted batches have.
const SIZES: [usize; 5] = [1, 2, 100, 500, 2000];
/// How many volunteers the counted town has. Each batch has its own, about whom the writer knows nothing yet.
const VOLUNTEERS: usize = WARM_UP + 1 + 2 + 100 + 500 + 2000;
/// How many volunteers the first batch has. It loads what all batches share.
const WARM_UP: usize = 3;

/// SQLite begins, moves the head and commits; so does PostgreSQL if it copies.
const OF_A_TRANSACTION: u64 = 3;
/// A batch that completes a tile of the journal's tree writes one more table, and one with a milestone of an account two more.
const OF_A_TILE: u64 = 3;
/// How many rows an insert takes on SQLite. A large batch needs another statement for each 1,024 rows.
const ROWS_OF_AN_INSERT: u64 = 1024;

/// A batch of ids that were settled earlier is decided, fails as a whole at the first of them, and is rolled back. Then
/// it is decided again under the lock, with everything read anew. The bound is a constant, apart from SQLite's inserts.
const AGAIN_MAX: u64 = 60;

/// What a batch consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Attendance,
    Redemption,
    Reversal,
    Post,
    Registration,
    Details,
    CardState,
    Credential,
    Pin,
    Activity,
    Account,
    Refused,
    RefusedWithoutId,
    Again,
    Mixed,
}

impl Kind {
    /// What a batch of each kind reads, once what all batches share is known, and how many tables it writes.
    ///
    /// PostgreSQL needs exactly `reads + 1` statements, or `reads` if nothing is written, as long as no table gets more
    /// than 8,192 rows. Above that it needs at most `reads + 3 + tables`, however many rows there are. SQLite needs at
    /// most `reads + 3 + tables`, and one more for each 1,024 rows. Ids that were settled earlier have their own bound:
    /// [`AGAIN_MAX`].
    const STATEMENTS: [(Self, u64, u64); 14] = [
        (Self::Attendance, 4, 6),
        (Self::Redemption, 4, 9),
        (Self::Reversal, 9, 11),
        (Self::Post, 0, 4),
        (Self::Registration, 1, 8),
        (Self::Details, 2, 5),
        (Self::Activity, 1, 6),
        (Self::Account, 1, 4),
        (Self::Refused, 4, 1),
        (Self::RefusedWithoutId, 5, 0),
        (Self::CardState, 1, 3),
        (Self::Credential, 1, 3),
        (Self::Pin, 1, 5),
        (Self::Mixed, 17, 22),
    ];

    /// How many rows a command of this kind writes into one table at most.
    fn rows_a_table(self) -> usize {
        match self {
            Self::Attendance | Self::Redemption | Self::Reversal | Self::Mixed => 4,
            Self::Post | Self::Registration => 2,
            _ => 1,
        }
    }

    fn commands(self, volunteers: Range<usize>) -> Vec<Envelope> {
        volunteers.map(|volunteer| self.command(volunteer)).collect()
    }

    fn command(self, volunteer: usize) -> Envelope {
        let (id, card) = (volunteer as u128, card(volunteer));
        let keyed = |command| keyed(1_000_000 * (self as u128 + 1) + id, command);
        match self {
            Self::Attendance => keyed(attendance("A0002", &card, "2026-06-02T08:30", "2026-06-02T10:30", "good")),
            Self::Redemption => keyed(redeem(&card, "S01", "T01", 1)),
            Self::Reversal => {
                keyed(Command::ReverseRedemption(ReverseRedemption::whole(&format!("S01-26-{:06}", volunteer + 1))))
            }
            Self::Post => keyed(transfer()),
            Self::Registration => {
                let card = CardNumber::of_member_number(50_000_000 + volunteer as i64).unwrap().to_string();
                keyed(Command::SetMember(SetMember { card, details: person("新人") }))
            }
            Self::Details => keyed(Command::SetMember(SetMember { card, details: person("改名") })),
            Self::CardState => keyed(Command::SetCardState(SetCardState { card, state: CardState::Blocked })),
            Self::Credential => {
                keyed(Command::IssueCredential(credential(&format!("kiosk-{volunteer}"), Role::Device, "S01")))
            }
            Self::Pin => keyed(pin(&card, "first")),
            Self::Activity => {
                let times = ("2026-06-09T09:00", "2026-06-09T10:00");
                let plan = activity(&format!("N{volunteer}"), "legal", times.0, times.1, false);
                keyed(Command::SetActivity(ActivityPlan { team: String::new(), ..plan }))
            }
            Self::Account => {
                let address = Address::new(&format!("asset/till-{volunteer}")).unwrap();
                keyed(Command::OpenAccount(NewAccount::new(address, Class::Asset, Commodity::minute())))
            }
            Self::Refused => keyed(redeem(&card, "S01", "T01", 1_000_000_000)),
            Self::RefusedWithoutId => unkeyed(redeem(&card, "S01", "T01", 1_000_000_000)),
            Self::Again => keyed_in_setup(volunteer),
            // Every kind but this one, which comes last.
            Self::Mixed => {
                let (kind, ..) = Self::STATEMENTS[volunteer % (Self::STATEMENTS.len() - 1)];
                kind.command(volunteer)
            }
        }
    }
}

fn card(volunteer: usize) -> String {
    CardNumber::of_member_number(20_000_000 + volunteer as i64).unwrap().to_string()
}

fn person(name: &str) -> MemberDetails {
    MemberDetails { team: String::new(), action_group: String::new(), ..details(name) }
}

fn transfer() -> Command {
    let entry = |address: &str, quantity| NewEntry::new(Address::new(address).unwrap(), quantity);
    Command::Post(Post { entries: vec![entry("asset/hall", 5), entry("equity/given", -5)] })
}

/// The redemption that the town has posted for each volunteer.
fn keyed_in_setup(volunteer: usize) -> Envelope {
    keyed(volunteer as u128, redeem(&card(volunteer), "S01", "T01", 1))
}

/// Makes a town in which each volunteer has points and one redemption.
async fn counted_town(bank: &TestBank) {
    let ledger = bank.open().await;
    let hall = NewAccount::new(Address::new("asset/hall").unwrap(), Class::Asset, Commodity::minute());
    let given = Address::new("equity/given").unwrap();
    let given = NewAccount { floor: None, ..NewAccount::new(given, Class::Equity, Commodity::minute()) };
    let mut plan = activity("A0001", "emergency", "2026-06-05T08:00", "2026-06-05T16:00", true);
    (plan.team, plan.organiser_card) = (String::new(), String::new());
    let mut other = activity("A0002", "science", "2026-06-02T08:30", "2026-06-02T10:30", false);
    other.team = String::new();
    let reference = [
        Command::OpenAccount(hall),
        Command::OpenAccount(given),
        Command::SetUnit(unit("grid-1", "", "grid", "第一网格")),
        station("S01", "东紫园"),
        Command::SetPolicy(Box::new(policy())),
        Command::SetOffer(offer("T01", "纸巾", 5, 0)),
        Command::OpenStock(OpenStock { station: "S01".to_owned(), sku: "T01".to_owned(), pieces: 1_000_000 }),
        Command::SetActivity(plan),
        Command::SetActivity(other),
    ];
    post_all(&ledger, reference).await;
    let volunteers = || 0..VOLUNTEERS;
    post_all(
        &ledger,
        volunteers().map(|volunteer| Command::SetMember(SetMember { card: card(volunteer), details: person("甲") })),
    )
    .await;
    post_all(
        &ledger,
        volunteers()
            .map(|volunteer| attendance("A0001", &card(volunteer), "2026-06-05T08:00", "2026-06-05T16:00", "good")),
    )
    .await;
    let redemptions = volunteers().map(keyed_in_setup).collect();
    assert!(ledger.post_all(redemptions).await.unwrap().iter().all(Result::is_ok));
    ledger.close().await;
}

/// The volunteers for each size of batch, after those of the warm-up.
fn volunteers_of(size: usize) -> Range<usize> {
    let before: usize = SIZES.iter().take_while(|other| **other < size).sum();
    WARM_UP + before..WARM_UP + before + size
}

/// Asserts that a batch has the outcomes without which its count would mean nothing.
fn assert_outcomes(kind: Kind, outcomes: &[Result<Posted, Rejection>]) {
    for outcome in outcomes {
        match kind {
            Kind::Refused | Kind::RefusedWithoutId => {
                assert!(matches!(outcome, Err(Rejection::OutOfStock { .. })), "{kind:?}: {outcome:?}");
            }
            Kind::Again => assert!(outcome.as_ref().unwrap().replayed, "{kind:?}"),
            Kind::Mixed => {}
            _ => assert!(!outcome.as_ref().unwrap().replayed, "{kind:?}"),
        }
    }
}

/// How many statements a SQLite connection has run, and how many rows it has changed.
async fn sqlite_counts(mut conn: Conn) -> (u64, u64) {
    // The table lists what is prepared on the very connection that asks. Its cache must not have dropped anything.
    let count = "SELECT CAST(TOTAL(run) AS BIGINT), COUNT(*), total_changes() FROM sqlite_stmt \
                 WHERE sql NOT LIKE '%sqlite_stmt%'";
    let rows = conn.fetch_text(count).await.unwrap();
    let [run, prepared, changes] = [0, 1, 2].map(|column| rows[0].integer(column) as u64);
    assert!(prepared < 200, "{prepared} texts are prepared: some may have been dropped, and their count with them");
    (run, changes)
}

/// The file of a SQLite bank after [`counted_town`], complete in itself.
const COUNTED_TOWN: &str = "counted-town.db";

/// What a writer on a copy of the bank has run and changed, after the warm-up and then this batch.
async fn sqlite_run(bank: &TestBank, kind: Kind, size: Option<usize>) -> (u64, u64) {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::copy(bank.folder().join(COUNTED_TOWN), &copy).unwrap();
    let url = format!("sqlite://{}", copy.display());
    let writing = Writing::start(bank, &url).await;
    assert_outcomes(kind, &writing.post(kind.commands(0..WARM_UP)).await);
    if let Some(size) = size {
        assert_outcomes(kind, &writing.post(kind.commands(volunteers_of(size))).await);
    }
    let counts = sqlite_counts(writing.end().await).await;
    if kind == Kind::Mixed {
        assert_whole(&url).await;
    }
    counts
}

#[tokio::test]
async fn a_batch_needs_so_many_statements_sqlite() {
    let bank = TestBank::sqlite();
    counted_town(&bank).await;
    // While a connection is open or closing, the bank's own file does not hold everything.
    let copy = format!("VACUUM INTO '{}'", bank.folder().join(COUNTED_TOWN).display());
    SqliteConnection::connect(bank.url()).await.unwrap().execute(AssertSqlSafe(copy)).await.unwrap();
    let mut wrong = Vec::new();
    for (kind, reads, tables) in Kind::STATEMENTS {
        let before = sqlite_run(&bank, kind, None).await;
        for size in SIZES {
            let after = sqlite_run(&bank, kind, Some(size)).await;
            let (statements, rows) = (after.0 - before.0, after.1 - before.1);
            let (of_write, of_a_tile) = if tables > 0 { (OF_A_TRANSACTION + tables, OF_A_TILE) } else { (0, 0) };
            let statements_max = reads + of_write + of_a_tile + rows / ROWS_OF_AN_INSERT;
            // With fewer, some would not have been counted. A mixed batch of one or two does not have all kinds.
            let statements_min = if kind == Kind::Mixed { 1 } else { reads + of_write };
            if !(statements_min..=statements_max).contains(&statements) {
                wrong.push(format!(
                    "{kind:?} × {size}: {statements} statements for {rows} rows, not {statements_min} to {statements_max}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let before = sqlite_run(&bank, Kind::Again, None).await;
    for size in SIZES {
        let after = sqlite_run(&bank, Kind::Again, Some(size)).await;
        let (statements, rows) = (after.0 - before.0, after.1 - before.1);
        assert!(statements <= AGAIN_MAX + rows / ROWS_OF_AN_INSERT, "again × {size}: {statements} for {rows} rows");
    }
}

/// How many statements clients have sent to a database, as its server counts them.
async fn postgres_count(statistics: &mut PgConnection, database: &str) -> u64 {
    let count = "SELECT CAST(COALESCE(SUM(s.calls), 0) AS BIGINT), (SELECT dealloc FROM pg_stat_statements_info) \
                 FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE s.toplevel AND d.datname = $1";
    let row = sqlx::query(count).bind(database).fetch_one(statistics).await.unwrap();
    assert_eq!(row.get::<i64, _>(1), 0, "the server has forgotten some statements");
    row.get::<i64, _>(0) as u64
}

/// Counts on a new bank for these kinds, one after the other.
async fn count_on_postgres(server: &Server, kinds: &[(Kind, u64, u64)]) {
    let bank = TestBank::postgres_alone(server.url()).await;
    counted_town(&bank).await;
    let database = bank.url().rsplit_once('/').unwrap().1.to_owned();
    let mut statistics = PgConnection::connect(server.url()).await.unwrap();
    let mut wrong = Vec::new();
    for &(kind, reads, tables) in kinds {
        let writing = Writing::start(&bank, bank.url()).await;
        assert_outcomes(kind, &writing.post(kind.commands(0..WARM_UP)).await);
        for size in SIZES {
            let before = postgres_count(&mut statistics, &database).await;
            let outcomes = writing.post(kind.commands(volunteers_of(size))).await;
            let statements = postgres_count(&mut statistics, &database).await - before;
            assert_outcomes(kind, &outcomes);
            let in_one = reads + u64::from(tables > 0);
            let allowed = if size * kind.rows_a_table() > dialect::UNNEST_ROWS_MAX {
                0..=reads + OF_A_TRANSACTION + tables + OF_A_TILE
            } else if kind == Kind::Mixed && size < 100 {
                0..=in_one
            } else {
                in_one..=in_one
            };
            if !allowed.contains(&statements) {
                wrong.push(format!("{kind:?} × {size}: {statements} statements, not {allowed:?}"));
            }
        }
        writing.end().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_whole(bank.url()).await;
}

#[tokio::test]
async fn a_batch_needs_so_many_statements_postgres() {
    // Use a server of its own: other tests' statements could push these out of its statistics.
    let server = Server::start().unwrap();
    let (mixed, each): (Vec<_>, Vec<_>) = Kind::STATEMENTS.into_iter().partition(|(kind, ..)| *kind == Kind::Mixed);
    count_on_postgres(&server, &each).await;
    count_on_postgres(&server, &mixed).await;
    count_again_on_postgres(&server).await;
}

async fn count_again_on_postgres(server: &Server) {
    let bank = TestBank::postgres_alone(server.url()).await;
    counted_town(&bank).await;
    let database = bank.url().rsplit_once('/').unwrap().1.to_owned();
    let mut statistics = PgConnection::connect(server.url()).await.unwrap();
    let writing = Writing::start(&bank, bank.url()).await;
    for size in SIZES {
        let before = postgres_count(&mut statistics, &database).await;
        let outcomes = writing.post(Kind::Again.commands(volunteers_of(size))).await;
        let statements = postgres_count(&mut statistics, &database).await - before;
        assert_outcomes(Kind::Again, &outcomes);
        assert!(statements <= AGAIN_MAX, "again × {size}: {statements} statements");
    }
    writing.end().await;
    assert_whole(bank.url()).await;
}
