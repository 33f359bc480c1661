//! Throw-away banks on either engine, and a small town to fill them with.

#![expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use baoyulan_ledger::command::{Channel, Command, Envelope, OpenStock, Redeem, SetMember, SetPin, SetStation};
use baoyulan_ledger::earn::policy::{Award, EarningRule, Grade, Policy, ServiceType};
use baoyulan_ledger::earn::{ActivityPlan, AttendanceSheetRow};
use baoyulan_ledger::people::{CardNumber, MemberDetails, NewCredential, Partner, Role, Team, Unit};
use baoyulan_ledger::proof::{SigningKey, sha256};
use baoyulan_ledger::shop::{Line, OfferKind, OfferTerms};
use baoyulan_ledger::time::parse_local_minute;
use baoyulan_ledger::{Clock, Ledger, NewBank, Options, Posted, Randomness};
use data_encoding::HEXLOWER;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// Where a test bank's clock starts: noon of 2026-06-15 in the town, in UTC seconds.
pub const NOON: i64 = 1_781_496_000;

/// The seed of a test bank's random bits, and so of its key.
pub const SEED: u64 = 20_260_615;

/// Runs the same test on both engines, as two tests: `name::sqlite` and `name::postgres`.
///
/// ```text
/// both_engines!(a_town_is_posted, async |bank| {
///     reference_town(&bank.open().await).await;
/// });
/// ```
#[macro_export]
macro_rules! both_engines {
    ($name:ident, $test:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "a test may need nothing of its file")]
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                $crate::bank::run($crate::bank::TestBank::sqlite(), $test).await;
            }

            #[tokio::test]
            async fn postgres() {
                $crate::bank::run($crate::bank::TestBank::postgres(), $test).await;
            }
        }
    };
}

/// Runs a test on a bank, and removes the bank afterwards.
pub async fn run(bank: TestBank, test: impl AsyncFnOnce(&TestBank)) {
    test(&bank).await;
}

/// A place for a bank, which is removed when this is dropped. Opening the bank for the first time founds it.
pub struct TestBank {
    url: String,
    folder: TempDir,
    clock: Arc<AtomicI64>,
    moves_reserved: AtomicBool,
    /// One sequence for as long as the bank exists: if it is opened again, it must not draw the same pseudonyms.
    randomness: Randomness,
    /// On PostgreSQL: where to connect to remove the bank, and what to execute there.
    removal: Option<(String, String)>,
}

/// The bank of the sample town, for demonstration.
pub fn sample_town() -> NewBank {
    NewBank { origin: "baoyulan.example/journal".to_owned(), demo: true, ..NewBank::of_town("baoyulan") }
}

impl TestBank {
    /// A bank in a file, in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("bank.db").display());
        Self::new(url, folder, None)
    }

    /// A bank in a schema of its own on the throw-away server.
    pub fn postgres() -> Self {
        let server = xtask::postgres::shared_url().unwrap();
        let schema = format!("bank_{}", Uuid::now_v7().simple());
        // A test may have forgotten to close a reader, which must not delay the removal for ever.
        let removal = format!("SET lock_timeout = '5s'; DROP SCHEMA IF EXISTS {schema} CASCADE");
        Self::new(format!("{server}?schema={schema}"), TempDir::new().unwrap(), Some((server.to_owned(), removal)))
    }

    /// A bank in the schema `public` of a database of its own, for what a server counts by database.
    pub async fn postgres_alone(server: &str) -> Self {
        let database = format!("bank_{}", Uuid::now_v7().simple());
        let mut conn = PgConnection::connect(server).await.unwrap();
        conn.execute(AssertSqlSafe(format!("CREATE DATABASE {database}"))).await.unwrap();
        let (host, _) = server.rsplit_once('/').unwrap();
        let removal = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
        Self::new(format!("{host}/{database}"), TempDir::new().unwrap(), Some((server.to_owned(), removal)))
    }

    fn new(url: String, folder: TempDir, removal: Option<(String, String)>) -> Self {
        let (clock, randomness) = (Arc::new(AtomicI64::new(NOON)), Randomness::seeded(SEED));
        Self { url, folder, clock, moves_reserved: AtomicBool::new(false), randomness, removal }
    }

    /// The bank's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the bank is on PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres:")
    }

    /// The folder with the bank's private key and nothing else.
    pub fn key_folder(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// A folder for the test's own files, removed with the bank.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sets the bank's clock, in UTC seconds.
    pub fn set_now(&self, now: i64) {
        self.clock.store(now, Ordering::SeqCst);
    }

    /// Lets generic commands name the town's accounts, from the next opening on: for tests of what an entry, a hold or a state
    /// means on an account where the town has no command of its own that leads to it.
    pub fn move_reserved(&self) {
        self.moves_reserved.store(true, Ordering::SeqCst);
    }

    /// Starts another part of the bank's random sequence, one for each number. What is drawn from now on does not
    /// depend on how much was drawn before.
    pub fn turn_chance_to(&self, part: u64) {
        if let Randomness::Seeded(state) = &self.randomness {
            *state.lock().unwrap() = (SEED, part << 32);
        }
    }

    /// Options for a demonstration bank in the town's time zone, with this bank's clock and repeatable random bits. Two
    /// banks that get the same commands are equal, even in their keys.
    pub fn options(&self) -> Options {
        let clock = Arc::clone(&self.clock);
        Options {
            key_folder: Some(self.key_folder()),
            clock: Clock::Host(Arc::new(move || clock.load(Ordering::SeqCst))),
            randomness: self.randomness.clone(),
            moves_reserved: self.moves_reserved.load(Ordering::SeqCst),
            ..Options::create(sample_town())
        }
    }

    /// The private key of the bank, which must exist.
    pub fn signing_key(&self) -> SigningKey {
        let files = std::fs::read_dir(self.key_folder()).unwrap().map(|file| file.unwrap().path());
        let key = files.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "receipt-key")).unwrap();
        let seed = std::fs::read_to_string(key).unwrap();
        SigningKey::from_seed(&HEXLOWER.decode(seed.trim_end().as_bytes()).unwrap().try_into().unwrap())
    }

    /// Opens the bank with [`Self::options`], and founds it if need be.
    pub async fn open(&self) -> Ledger {
        Ledger::open(&self.url, self.options()).await.unwrap()
    }

    /// Copies what stands in its key folder, where the name is wanted.
    pub fn copy_keys(&self, to: &Path, is_wanted: fn(&str) -> bool) {
        for file in std::fs::read_dir(self.key_folder()).unwrap().map(Result::unwrap) {
            if is_wanted(file.file_name().to_str().unwrap()) {
                std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
    }

    /// Opens it as another host would, once it is there: with a key folder of its own, so that neither reads what the other has
    /// written down.
    pub async fn open_elsewhere(&self) -> Ledger {
        let keys = tempfile::tempdir_in(self.folder()).unwrap().keep();
        self.copy_keys(&keys, |name| name.ends_with(".receipt-key"));
        Ledger::open(&self.url, Options { key_folder: Some(keys), ..self.options() }).await.unwrap()
    }
}

impl Drop for TestBank {
    fn drop(&mut self) {
        let Some((url, removal)) = self.removal.take() else { return };
        // Nobody can wait for the test's runtime here. If the bank stays, its server is thrown away with it.
        let remover = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut conn = PgConnection::connect(&url).await.ok()?;
                conn.execute(sqlx::raw_sql(AssertSqlSafe(removal))).await.ok()?;
                conn.close().await.ok()
            })
        });
        let _ = remover.join();
    }
}

/// Runs the test's own SQL on the bank's database.
pub async fn execute(bank: &TestBank, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if let Some((server, schema)) = bank.url().split_once("?schema=") {
        let mut conn = PgConnection::connect(server).await.unwrap();
        conn.execute(AssertSqlSafe(format!("SET search_path = {schema}"))).await.unwrap();
        conn.execute(sql).await.unwrap();
        conn.close().await.unwrap();
    } else {
        let mut conn = SqliteConnection::connect(bank.url()).await.unwrap();
        conn.execute(sql).await.unwrap();
        conn.close().await.unwrap();
    }
}

/// The code of the clerk who posts in tests.
pub const CLERK: &str = "clerk-1";

/// Makes the database refuse every record from this position on, as a full disk would.
pub async fn refuse_records_from(bank: &TestBank, position: u64) {
    let when =
        format!("CREATE TRIGGER refuse BEFORE INSERT ON ledger_records FOR EACH ROW WHEN (NEW.position >= {position})");
    if bank.is_postgres() {
        let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
                      $$ BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = 'disk_full'; END $$";
        execute(bank, refuse).await;
        execute(bank, &format!("{when} EXECUTE FUNCTION refuse()")).await;
    } else {
        execute(bank, &format!("{when} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")).await;
    }
}

/// Makes the database take records again.
pub async fn take_records(bank: &TestBank) {
    let table = if bank.is_postgres() { " ON ledger_records" } else { "" };
    execute(bank, &format!("DROP TRIGGER refuse{table}")).await;
}

/// Puts a command into an envelope without an id.
pub fn unkeyed(command: Command) -> Envelope {
    Envelope::unkeyed(CLERK, Channel::Counter, command)
}

/// Puts a command into an envelope whose id is made of a number.
pub fn keyed(id: u128, command: Command) -> Envelope {
    Envelope::keyed(Uuid::from_u128(id), CLERK, Channel::Kiosk, command)
}

/// Posts commands in this order as one request, and panics if one is rejected.
pub async fn post_all(ledger: &Ledger, commands: impl IntoIterator<Item = Command>) -> Vec<Posted> {
    let envelopes = commands.into_iter().map(unkeyed).collect();
    ledger.post_all(envelopes).await.unwrap().into_iter().map(Result::unwrap).collect()
}

/// The card numbers of the town's six members.
pub fn cards() -> [String; 6] {
    [10_001_869, 10_002_800, 10_001_575, 10_002_709, 10_000_007, 10_000_014]
        .map(|number| CardNumber::of_member_number(number).unwrap().to_string())
}

/// Records that a card's owner attended an activity, between two local times `YYYY-MM-DDTHH:MM`.
pub fn attendance(activity: &str, card: &str, check_in: &str, check_out: &str, grade: &str) -> Command {
    Command::RecordAttendance(AttendanceSheetRow {
        activity: activity.to_owned(),
        card: card.to_owned(),
        check_in: check_in.to_owned(),
        check_out: check_out.to_owned(),
        grade: grade.to_owned(),
        source: "kiosk".to_owned(),
        entered_by: "clerk-2".to_owned(),
        confirmed_by: "grid-2".to_owned(),
    })
}

/// Redeems some pieces of one offer.
pub fn redeem(card: &str, station: &str, sku: &str, pieces: i64) -> Command {
    Command::Redeem(Redeem {
        card: card.to_owned(),
        station: station.to_owned(),
        lines: vec![Line { sku: sku.to_owned(), pieces }],
        points_shown: None,
    })
}

/// A credential without an end. The role may belong to a station, or to none. The token is the code.
pub fn credential(code: &str, role: Role, station: &str) -> NewCredential {
    NewCredential {
        code: code.to_owned(),
        actor: CLERK.to_owned(),
        role,
        station: station.to_owned(),
        card: String::new(),
        token_hash: sha256(&[code.as_bytes()]),
        valid_until: None,
    }
}

/// Sets a verifier for a card's PIN. The ledger does not look into it.
pub fn pin(card: &str, verifier: &str) -> Command {
    Command::SetPin(SetPin { card: card.to_owned(), verifier: format!("$argon2id${verifier}") })
}

/// Details of a member of team T1 who lives near station S01.
pub fn details(name: &str) -> MemberDetails {
    MemberDetails {
        name: name.to_owned(),
        sex: "F".to_owned(),
        birth_year: 1954,
        team: "T1".to_owned(),
        action_group: "L2".to_owned(),
        grid: "2".to_owned(),
        building_group: "4".to_owned(),
        home_station: "S01".to_owned(),
        consent_on: "2026-01-02".to_owned(),
    }
}

/// An activity between two local times `YYYY-MM-DDTHH:MM`, on the day of the first.
pub fn activity(code: &str, service_type: &str, starts_at: &str, ends_at: &str, service_day: bool) -> ActivityPlan {
    let starts_at = parse_local_minute(starts_at).unwrap();
    ActivityPlan {
        code: code.to_owned(),
        title: format!("活动 {code}"),
        service_type: service_type.to_owned(),
        day: starts_at.div_euclid(1440),
        starts_at,
        ends_at: parse_local_minute(ends_at).unwrap(),
        station: "S01".to_owned(),
        team: "T1".to_owned(),
        organiser_card: cards()[0].clone(),
        service_day,
    }
}

/// The terms of an offer of goods.
pub fn offer(sku: &str, name: &str, points: i64, monthly_limit: i64) -> OfferTerms {
    OfferTerms {
        sku: sku.to_owned(),
        name: name.to_owned(),
        kind: OfferKind::Goods,
        points,
        cost_fen: points * 15,
        monthly_limit,
    }
}

/// A unit with this code under that parent.
pub fn unit(code: &str, parent: &str, level: &str, name: &str) -> Unit {
    Unit {
        code: code.to_owned(),
        parent: parent.to_owned(),
        level: level.to_owned(),
        name: name.to_owned(),
        origin: "seed".to_owned(),
    }
}

/// Sets a station with this code in the unit grid-1.
pub fn station(code: &str, name: &str) -> Command {
    Command::SetStation(SetStation {
        code: code.to_owned(),
        unit: "grid-1".to_owned(),
        name: name.to_owned(),
        origin: "seed".to_owned(),
    })
}

fn team(code: &str, kind: &str, name: &str) -> Command {
    let (code, kind, name) = (code.to_owned(), kind.to_owned(), name.to_owned());
    Command::SetTeam(Team { code, kind, name, motto: String::new(), origin: "seed".to_owned() })
}

fn stock(station: &str, sku: &str, pieces: i64) -> Command {
    Command::OpenStock(OpenStock { station: station.to_owned(), sku: sku.to_owned(), pieces })
}

/// The town's policy: rules E01 to E05 and E11, four grades, three awards, themes in March, May, July and August.
pub fn policy() -> Policy {
    let mut policy = Policy::with_town_limits();
    for (code, name, points_per_hour, coefficient, records_service_time) in [
        ("E01", "一般服务", 10, "1.0", true),
        ("E02", "关爱服务", 10, "1.2", true),
        ("E03", "专业服务", 10, "1.5", true),
        ("E04", "夜间与高温", 10, "1.3", true),
        ("E05", "应急", 10, "1.5", true),
        ("E11", "志愿者培训", 5, "1.0", false),
    ] {
        let coefficient = coefficient.parse().unwrap();
        let rule = EarningRule { name: name.to_owned(), points_per_hour, coefficient, records_service_time };
        policy.rules.insert(code.to_owned(), rule);
    }
    for (code, name, rule) in [
        ("science", "科普讲解", "E01"),
        ("elder", "助老陪伴", "E02"),
        ("legal", "法律援助", "E03"),
        ("patrol", "治安巡逻", "E04"),
        ("emergency", "应急支援", "E05"),
        ("training", "志愿者培训", "E11"),
    ] {
        let (name, rule) = (name.to_owned(), rule.to_owned());
        policy.service_types.insert(code.to_owned(), ServiceType { name, rule, origin: "seed".to_owned() });
    }
    for (code, name, coefficient) in
        [("excellent", "优", "1.2"), ("good", "良", "1.0"), ("pass", "合格", "0.8"), ("fail", "不合格", "0")]
    {
        let grade = Grade { name: name.to_owned(), coefficient: coefficient.parse().unwrap() };
        policy.grades.insert(code.to_owned(), grade);
    }
    let award = |rule: &str, name: &str, points| Award { rule: rule.to_owned(), name: name.to_owned(), points };
    policy.organiser_award = award("E06", "活动组织者", 10);
    policy.service_day_award = award("E07", "志愿服务日", 5);
    policy.theme_award = award("E08", "主题月活动", 5);
    for (month, name) in [(3, "雷锋榜样月"), (5, "青春奉献月"), (7, "红色传承月"), (8, "双拥共建月")]
    {
        policy.theme_months.insert(month, name.to_owned());
    }
    policy
}

/// The commands that make the town. It has units, teams L2 and T1, partner P1, stations S01 and S02, the policy, six
/// members, and activities A0001 to A0006. It has offers G01 (30 points, 4 a month), G10 (300 points, one a month) and
/// V01 (60 points, a service, without a limit), and stock of them.
pub fn town_commands() -> Vec<Command> {
    let partner = Partner { code: "P1".to_owned(), name: "紫金山天文台".to_owned(), origin: "seed".to_owned() };
    let mut commands = vec![
        Command::SetUnit(unit("baohua", "", "town", "宝华镇")),
        Command::SetUnit(unit("xincheng", "baohua", "community", "新城社区")),
        Command::SetUnit(unit("grid-1", "xincheng", "grid", "第一网格")),
        team("T1", "sub_team", "百事帮"),
        team("L2", "action_group", "第二行动组"),
        Command::SetPartner(partner),
        station("S01", "东紫园"),
        station("S02", "泰达青筑"),
        Command::SetPolicy(Box::new(policy())),
        Command::SetOffer(offer("G01", "香皂", 30, 4)),
        Command::SetOffer(offer("G10", "大米5kg", 300, 1)),
        Command::SetOffer(OfferTerms { kind: OfferKind::Service, ..offer("V01", "理发一次", 60, 0) }),
        stock("S01", "G01", 100),
        stock("S01", "G10", 5),
        stock("S01", "V01", 1_000_000),
        stock("S02", "G01", 2),
        stock("S02", "G10", 0),
    ];
    for (card, name) in cards().into_iter().zip(["邹兰", "周江玉", "雷天德", "雷佳霞", "王芳", "李强"]) {
        commands.push(Command::SetMember(SetMember { card, details: details(name) }));
    }
    for plan in [
        activity("A0001", "elder", "2026-06-01T14:00", "2026-06-01T16:00", false),
        activity("A0002", "science", "2026-06-02T08:30", "2026-06-02T10:30", false),
        activity("A0003", "emergency", "2026-06-05T08:00", "2026-06-05T16:00", true),
        activity("A0004", "patrol", "2026-05-31T22:00", "2026-06-01T02:00", false),
        activity("A0005", "training", "2026-06-08T19:00", "2026-06-08T21:00", false),
        activity("A0006", "legal", "2026-06-05T15:00", "2026-06-05T17:30", false),
    ] {
        commands.push(Command::SetActivity(plan));
    }
    commands
}

/// Posts [`town_commands`].
pub async fn reference_town(ledger: &Ledger) {
    post_all(ledger, town_commands()).await;
}
