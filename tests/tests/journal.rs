//! Computes the journal twice: with the ledger, and with `bank_tests::journal`, which shares no code with it.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::path::PathBuf;

use bank_tests::bank::{
    CLERK, NOON, TestBank, activity, attendance, cards, credential, details, keyed, offer, pin, policy, post_all,
    redeem, reference_town, station, unit, unkeyed,
};
use bank_tests::both_engines;
use bank_tests::journal::{
    FIELDS, ID, NOTE, REVERSAL, ROW_KINDS, Record, Tables, Value, assert_whole, hex, merkle_tree_hash, recompute,
    records, sha256,
};
use baoyulan_ledger::book::account::{AccountState, Class};
use baoyulan_ledger::book::{Address, Commodity};
use baoyulan_ledger::command::{
    Channel, ChooseBalance, Command, Envelope, LimitedAccounts, NewAccount, NewEntry, OpenStock, PlaceHold, Post,
    Reverse, ReverseRedemption, SetAccountState, SetCardState, SetLimit, SetMember, Side, Window,
};
use baoyulan_ledger::effect::{Effect, kinds};
use baoyulan_ledger::people::{BalanceOnReceipts, CardNumber, CardState, Role};
use baoyulan_ledger::proof::Frontier;
use baoyulan_ledger::proof::cbor::Writer;
use baoyulan_ledger::proof::record::{RecordRow, encode, entry, leaf};
use baoyulan_ledger::row::{Row, Source};
use baoyulan_ledger::time::date_of;
use baoyulan_ledger::{AtomicEnvelope, Clock, Ledger, NewBank, Options, Randomness};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor};

both_engines!(a_town_has_the_journal_that_its_rows_give, async |bank| {
    let ledger = bank.open().await;
    assert_whole(bank.url()).await;
    reference_town(&ledger).await;
    assert_whole(bank.url()).await;
    assert_eq!(recompute(bank.url()).await, ledger.journal_head().await.unwrap());
    ledger.close().await;
});

/// 2026-12-31T23:59:59 in the town, in UTC seconds.
const LAST_SECOND_OF_THE_YEAR: i64 = 1_798_732_799;

both_engines!(receipts_are_chained_across_stations_and_years, async |bank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let [anna, berta, ..] = cards();
    let full_day = |card: &str| attendance("A0003", card, "2026-06-05T08:00", "2026-06-05T16:00", "excellent");
    post_all(&ledger, [full_day(&anna), full_day(&berta)]).await;

    bank.set_now(LAST_SECOND_OF_THE_YEAR);
    post_all(&ledger, [redeem(&anna, "S01", "G01", 1), redeem(&berta, "S02", "G01", 1)]).await;
    post_all(&ledger, [redeem(&berta, "S01", "G01", 1)]).await;
    bank.set_now(LAST_SECOND_OF_THE_YEAR + 1);
    let reverse = |receipt: &str| Command::ReverseRedemption(ReverseRedemption::whole(receipt));
    post_all(&ledger, [reverse("S01-26-000002"), redeem(&anna, "S02", "G01", 1), reverse("S02-26-000001")]).await;
    post_all(&ledger, [reverse("S01-26-000001")]).await;
    ledger.close().await;

    assert_whole(bank.url()).await;
    let mut tables = Tables::open(bank.url()).await;
    let numbers = tables.rows("SELECT year, number FROM ledger_receipts ORDER BY position").await;
    let numbers: Vec<(i64, i64)> = numbers.iter().map(|row| (row[0].integer(), row[1].integer())).collect();
    assert_eq!(numbers, [(2026, 1), (2026, 1), (2026, 2), (2027, 1), (2027, 1), (2027, 2), (2027, 2)]);
    assert_signed(&mut tables).await;
});

/// Checks every receipt's signature without using the ledger.
async fn assert_signed(tables: &mut Tables) {
    let keys = tables.rows("SELECT kid, public_key FROM ledger_keys WHERE purpose = 1").await;
    let [key] = keys.as_slice() else { unreachable!("one key") };
    let public = key[1].bytes();
    let thumbprint =
        sha256(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64URL_NOPAD.encode(public)).as_bytes());
    assert_eq!(key[0].text(), &BASE64URL_NOPAD.encode(&thumbprint)[..11]);
    let header = format!(r#"{{"alg":"Ed25519","typ":"pbr1","kid":"{}"}}"#, key[0].text());
    let key = ed25519_dalek::VerifyingKey::from_bytes(public.try_into().unwrap()).unwrap();
    for row in tables.rows("SELECT token FROM ledger_receipts").await {
        let token = row[0].text();
        assert!(token.len() <= 900, "{token}");
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
        key.verify_strict(signed.as_bytes(), &signature).unwrap();
        let decoded = BASE64URL_NOPAD.decode(signed.split('.').next().unwrap().as_bytes()).unwrap();
        assert_eq!(String::from_utf8(decoded).unwrap(), header);
    }
}

both_engines!(a_journal_of_more_than_a_tile_is_whole, async |bank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let patrol = |number: i64| {
        let mut plan = activity("A0001", "patrol", "2026-06-01T14:00", "2026-06-01T16:00", false);
        plan.code = format!("C{number:04}");
        Command::SetActivity(plan)
    };
    post_all(&ledger, (0..200).map(patrol)).await;
    for number in 200..240 {
        post_all(&ledger, [patrol(number)]).await;
    }
    assert_whole(bank.url()).await;
    post_all(&ledger, (240..600).map(patrol)).await;
    let (size, _) = ledger.journal_head().await.unwrap();
    ledger.close().await;
    assert_whole(bank.url()).await;
    let tiles = Tables::open(bank.url()).await.rows("SELECT COUNT(*) FROM ledger_nodes").await;
    assert_eq!((size > 512, tiles[0][0].integer()), (true, 2));
});

/// The slow journal looks at every cell: if you change any of them in the database, the root changes.
#[tokio::test]
async fn whatever_cell_is_changed_the_root_is_another_sqlite() {
    let bank = TestBank::sqlite();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let [anna, ..] = cards();
    let till = NewAccount::new(Address::new("till").unwrap(), Class::Asset, Commodity::point());
    let fund =
        NewAccount { floor: None, ..NewAccount::new(Address::new("fund").unwrap(), Class::Equity, Commodity::point()) };
    post_all(
        &ledger,
        [
            Command::OpenAccount(till.clone()),
            Command::OpenAccount(fund.clone()),
            Command::PlaceHold(PlaceHold {
                hold: "order-1".to_owned(),
                entries: vec![NewEntry::new(till.address.clone(), 5), NewEntry::new(fund.address, -5)],
                until: NOON + 3600,
            }),
            Command::SetAccountState(SetAccountState { address: till.address, state: AccountState::Frozen }),
            Command::SetLimit(SetLimit {
                limit: "members-out".to_owned(),
                accounts: LimitedAccounts::Each { commodity: Commodity::point(), prefix: "member/".to_owned() },
                side: Side::Out,
                window: Window::Month,
                quantity: 500,
            }),
            Command::SetCardState(SetCardState { card: cards()[5].clone(), state: CardState::Blocked }),
            Command::ChooseBalance(ChooseBalance { card: anna.clone(), balance: BalanceOnReceipts::Printed }),
            attendance("A0003", &anna, "2026-06-05T08:00", "2026-06-05T16:00", "excellent"),
            redeem(&anna, "S01", "G01", 1),
            pin(&anna, "first"),
            Command::IssueCredential(credential("till-1", Role::Teller, "S01")),
        ],
    )
    .await;
    // A voucher expires, and goes to breakage.
    let voucher = NewAccount {
        lotted: true,
        ..NewAccount::new(Address::new("voucher").unwrap(), Class::Asset, Commodity::point())
    };
    let fund = NewEntry::new(Address::new("fund").unwrap(), -3);
    let gift = vec![NewEntry::new(voucher.address.clone(), 3).expiring_at(NOON + 1), fund];
    post_all(&ledger, [Command::OpenAccount(voucher), Command::Post(Post { entries: gift })]).await;
    bank.set_now(NOON + 1);
    assert_eq!(ledger.expire(CLERK, Channel::Host, None, |_, _| {}).await.unwrap().records, 1);
    let late = attendance("A0003", &cards()[1], "2026-06-05T08:00", "2026-06-05T16:00", "excellent");
    let earned = ledger.post(unkeyed(late)).await.unwrap();
    let taken_back = Command::Reverse(Reverse { position: earned.position, entries: None });
    ledger.post(unkeyed(taken_back)).await.unwrap();
    let reversal = Command::ReverseRedemption(ReverseRedemption::whole("S01-26-000001"));
    let noted = Envelope {
        on_behalf_of: "committee".to_owned(),
        device: "kiosk-1".to_owned(),
        reason: "有虫".to_owned(),
        ..keyed(1, reversal.clone())
    };
    ledger.post(noted).await.unwrap();
    ledger.post(keyed(2, reversal)).await.unwrap_err();
    let thaws = |state| Command::SetAccountState(SetAccountState { address: Address::new("till").unwrap(), state });
    let together = vec![thaws(AccountState::Open), thaws(AccountState::Frozen)];
    let together = AtomicEnvelope::unkeyed("clerk-1", Channel::Host, together);
    ledger.post_atomic(together).await.unwrap().unwrap();
    ledger.close().await;
    // An older copy is put back, and the clock is far ahead: two records more.
    let older = std::fs::read(bank.folder().join("bank.db")).unwrap();
    let ledger = bank.open().await;
    ledger.post(keyed(3, pin(&anna, "second"))).await.unwrap();
    ledger.close().await;
    std::fs::write(bank.folder().join("bank.db"), older).unwrap();
    bank.set_now(NOON + 40 * 24 * 3600);
    let who = || Some("operator-1".to_owned());
    let accepting = Options { accept_clock: who(), accept_rollback: who(), ..bank.options() };
    Ledger::open(bank.url(), accepting).await.unwrap().close().await;

    let root_of = async |tables: &mut Tables| {
        merkle_tree_hash(&records(tables).await.iter().map(Record::leaf).collect::<Vec<_>>())
    };
    let mut tables = Tables::open(bank.url()).await;
    let root = root_of(&mut tables).await;
    let own = [&FIELDS[..1], &FIELDS[2..], &["salt"]].concat().join(", ");
    let of_record = [("ledger_records", own.as_str()), ("ledger_receipts", "token")];
    for (table, cells) in ROW_KINDS.map(|(_, table, cells)| (table, cells)).into_iter().chain(of_record) {
        for cell in cells.split(", ") {
            let update = format!(
                "UPDATE {table} SET {cell} = CASE typeof({cell}) WHEN 'integer' THEN {cell} + 1000000 \
                 WHEN 'text' THEN {cell} || 'x' ELSE x'0123' END WHERE position = (SELECT MAX(position) FROM {table})"
            );
            let Tables::Sqlite(conn) = &mut tables else { unreachable!() };
            assert!(conn.execute(AssertSqlSafe(update)).await.unwrap().rows_affected() > 0, "{table}.{cell}");
            assert_ne!(root_of(&mut tables).await, root, "{table}.{cell}");
            let Tables::Sqlite(conn) = &mut tables else { unreachable!() };
            conn.execute("ROLLBACK; BEGIN").await.unwrap();
        }
    }
    assert_eq!(root_of(&mut tables).await, root);
}

// The vectors ---------------------------------------------------------------------------------------------------------------

/// If it is 1, the test writes the file anew and still fails: nobody changes the format by accident.
const WRITE_VARIABLE: &str = "BANK_TESTS_WRITE_VECTORS";

/// The records that the file shows in full. For the others it has only the leaves.
const POSITIONS: [usize; 10] = [0, 2, 4, 5, 6, 7, 8, 9, 10, 11];

fn vectors_file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/journal.json")
}

/// Makes the bank whose records are the vectors. Each command is a batch of its own.
async fn vectors_bank(bank: &TestBank) -> Ledger {
    let new = NewBank {
        issuer: "vectors.example".to_owned(),
        origin: "vectors.example/journal".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
        demo: true,
        town: true,
    };
    let options = Options {
        key_folder: Some(bank.key_folder()),
        clock: Clock::Fixed(NOON),
        randomness: Randomness::seeded(1),
        moves_reserved: true,
        ..Options::create(new)
    };
    let ledger = Ledger::open(bank.url(), options).await.unwrap();
    let card = cards()[0].clone();
    let post = async |envelope: Envelope| ledger.post(envelope).await.unwrap();
    post(unkeyed(Command::SetUnit(unit("grid-1", "", "grid", "第一网格")))).await;
    post(unkeyed(station("S01", "东紫园"))).await;
    post(unkeyed(Command::SetPolicy(Box::new(policy())))).await;
    let mut person = details("邹兰");
    (person.team, person.action_group) = (String::new(), String::new());
    post(keyed(1, Command::SetMember(SetMember { card: card.clone(), details: person }))).await;

    let number = CardNumber::parse(&card).unwrap();
    let points = ledger.volunteer_statement(number).await.unwrap().unwrap().points.address;
    let granted = Address::new("expense/points-granted").unwrap();
    let grant = Command::Post(Post {
        entries: vec![NewEntry::new(granted, 400), NewEntry::new(points, -400).expiring_at(1_893_427_200)],
    });
    post(Envelope {
        on_behalf_of: "committee".to_owned(),
        reason: "补发 2025".to_owned(),
        effective_on: Some(date_of(-1)),
        ..keyed(2, grant)
    })
    .await;
    let mut plan = activity("A0003", "emergency", "2026-06-05T08:00", "2026-06-05T16:00", true);
    plan.team = String::new();
    post(unkeyed(Command::SetActivity(plan))).await;
    let sheet_row = attendance("A0003", &card, "2026-06-05T07:50", "2026-06-05T12:35", "excellent");
    post(Envelope::unkeyed("importer", Channel::Import, sheet_row)).await;
    post(unkeyed(Command::SetOffer(offer("G10", "大米5kg", 300, 1)))).await;
    post(unkeyed(Command::OpenStock(OpenStock { station: "S01".to_owned(), sku: "G10".to_owned(), pieces: 5 }))).await;
    post(Envelope { device: "kiosk-1".to_owned(), ..keyed(3, redeem(&card, "S01", "G10", 1)) }).await;
    let reversal = Command::ReverseRedemption(ReverseRedemption::whole("S01-26-000001"));
    post(Envelope { reason: "米有虫".to_owned(), ..keyed(4, reversal) }).await;
    ledger
}

/// Writes a value's type and its text. Whole numbers are text, since not every reader keeps 64 bits.
fn written(value: &Value) -> [String; 2] {
    match value {
        Value::Integer(value) => ["integer".to_owned(), value.to_string()],
        Value::Text(text) => ["text".to_owned(), text.clone()],
        Value::Bytes(bytes) => ["bytes".to_owned(), hex(bytes)],
    }
}

/// Writes the file, each part on a line of its own.
fn file_of(records: &[Record], tokens: &[String]) -> String {
    let leaves: Vec<_> = records.iter().map(Record::leaf).collect();
    let vectors = POSITIONS.map(|position| {
        let record = &records[position];
        let fields = FIELDS.iter().zip(&record.fields).map(|(name, value)| {
            let [kind, text] = written(value);
            format!("        {}", json!([name, kind, text]))
        });
        let rows = record.rows.iter().map(|(kind, cells)| {
            let cells: Vec<[String; 2]> = cells.iter().map(written).collect();
            format!("        {}", json!([kind, cells]))
        });
        let rest = [
            ("salt", hex(&record.salt)),
            ("token", tokens[position].clone()),
            ("receipt_hash", hex(&record.receipt_hash)),
            ("record", hex(&record.encode())),
            ("entry", hex(&record.entry())),
            ("leaf", hex(&record.leaf())),
            ("root_after", hex(&merkle_tree_hash(&leaves[..=position]))),
        ];
        let rest = rest.map(|(name, value)| format!("      {}: {}", json!(name), json!(value))).join(",\n");
        let (fields, rows) = (fields.collect::<Vec<_>>().join(",\n"), rows.collect::<Vec<_>>().join(",\n"));
        format!("    {{\n      \"fields\": [\n{fields}\n      ],\n      \"rows\": [\n{rows}\n      ],\n{rest}\n    }}")
    });
    let about = "Ten records of a journal, from their fields to the root of the tree; docs/JOURNAL.md explains them. \
                 Bytes are hexadecimal, whole numbers are decimal text. The leaves are those of all the journal's records, \
                 so that the root after each can be computed.";
    let regenerate = format!(
        "The format is fixed: these bytes change with a new version only. {WRITE_VARIABLE}=1 cargo test --package \
         bank-tests --test journal the_vectors writes the file anew; the test then fails once, and the difference is \
         to be read."
    );
    let leaves: Vec<String> = leaves.iter().map(|leaf| format!("    {}", json!(hex(leaf)))).collect();
    format!(
        "{{\n  \"about\": {},\n  \"regenerate\": {},\n  \"leaves\": [\n{}\n  ],\n  \"vectors\": [\n{}\n  ]\n}}\n",
        json!(about),
        json!(regenerate),
        leaves.join(",\n"),
        vectors.join(",\n")
    )
}

async fn the_bank_gives_the_file(bank: TestBank) {
    let ledger = vectors_bank(&bank).await;
    let head = ledger.journal_head().await.unwrap();
    ledger.close().await;
    assert_eq!(recompute(bank.url()).await, head);
    assert_whole(bank.url()).await;
    let mut tables = Tables::open(bank.url()).await;
    assert_signed(&mut tables).await;
    let records = records(&mut tables).await;
    let mut tokens = vec![String::new(); records.len()];
    for row in tables.rows("SELECT position, token FROM ledger_receipts").await {
        tokens[row[0].integer() as usize] = row[1].text().to_owned();
    }
    let text = file_of(&records, &tokens);
    if std::env::var_os(WRITE_VARIABLE).is_some_and(|value| value == "1") {
        std::fs::write(vectors_file(), &text).unwrap();
        unreachable!("{WRITE_VARIABLE} is set: the vectors were written, not compared");
    }
    let file = std::fs::read_to_string(vectors_file()).unwrap();
    for (line, (expected, found)) in file.lines().zip(text.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", line + 1);
    }
    assert!(file == text, "the file has another length");
}

#[tokio::test]
async fn the_vectors_are_what_a_bank_writes_sqlite() {
    the_bank_gives_the_file(TestBank::sqlite()).await;
}

#[tokio::test]
async fn the_vectors_are_what_a_bank_writes_postgres() {
    the_bank_gives_the_file(TestBank::postgres()).await;
}

/// A vector read back from the file, without a bank: its fields and rows, and what they must give.
struct Vector {
    record: Record,
    token: String,
    encoded: String,
    entry: String,
    leaf: String,
    root_after: String,
}

fn read_value(value: &serde_json::Value) -> Value {
    let text = value[1].as_str().unwrap();
    match value[0].as_str().unwrap() {
        "integer" => Value::Integer(text.parse().unwrap()),
        "text" => Value::Text(text.to_owned()),
        _ => Value::Bytes(HEXLOWER.decode(text.as_bytes()).unwrap()),
    }
}

fn read_vectors() -> (Vec<[u8; 32]>, Vec<Vector>) {
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(vectors_file()).unwrap()).unwrap();
    let bytes = |value: &serde_json::Value| HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap();
    let leaves = file["leaves"].as_array().unwrap().iter().map(|leaf| bytes(leaf).try_into().unwrap()).collect();
    let vectors = file["vectors"].as_array().unwrap().iter().map(|vector| {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let fields = vector["fields"].as_array().unwrap();
        for (field, name) in fields.iter().zip(FIELDS) {
            assert_eq!(field[0], name);
        }
        let row = |row: &serde_json::Value| {
            (row[0].as_i64().unwrap(), row[1].as_array().unwrap().iter().map(read_value).collect())
        };
        Vector {
            record: Record {
                fields: fields.iter().map(|field| read_value(&json!([field[1], field[2]]))).collect(),
                rows: vector["rows"].as_array().unwrap().iter().map(row).collect(),
                salt: bytes(&vector["salt"]),
                receipt_hash: bytes(&vector["receipt_hash"]),
            },
            token: text("token"),
            encoded: text("record"),
            entry: text("entry"),
            leaf: text("leaf"),
            root_after: text("root_after"),
        }
    });
    (leaves, vectors.collect())
}

#[test]
fn the_vectors_hold_by_both_implementations() {
    let (leaves, vectors) = read_vectors();
    let kinds: Vec<&str> = vectors.iter().map(|vector| vector.record.kind()).collect();
    assert_eq!(kinds, ["BANK", "STAT", "MEMB", "POST", "ACTV", "ATTD", "OFFR", "STCK", "REDM", "RVRS"]);
    for vector in &vectors {
        let Vector { record, token, .. } = vector;
        let position = record.position() as usize;
        let receipt_hash = if token.is_empty() { Vec::new() } else { sha256(token.as_bytes()).to_vec() };
        assert_eq!(record.receipt_hash, receipt_hash, "{position}");

        assert_eq!(hex(&record.encode()), vector.encoded, "{position}");
        assert_eq!(hex(&record.entry()), vector.entry, "{position}");
        assert_eq!(hex(&record.leaf()), vector.leaf, "{position}");
        assert_eq!(record.leaf(), leaves[position], "{position}");
        assert_eq!(hex(&merkle_tree_hash(&leaves[..=position])), vector.root_after, "{position}");

        let (own, rows) = ledgers_own(record);
        let mut writer = Writer::new();
        encode(&mut writer, record.position(), &own, &rows);
        let (encoded, kind) = (writer.written(), own.kind.as_ref());
        let receipt: Option<[u8; 32]> = receipt_hash.try_into().ok();
        assert!(rows.is_sorted(), "{position}: the ledger sorts rows otherwise");
        assert_eq!(hex(encoded), vector.encoded, "{position}");
        assert_eq!(hex(&entry(kind, receipt.as_ref(), &record.salt, encoded)), vector.entry, "{position}");
        assert_eq!(leaf(kind, receipt.as_ref(), &record.salt, encoded), leaves[position], "{position}");
        let mut frontier = Frontier::default();
        leaves[..=position].iter().for_each(|leaf| frontier.push(*leaf, |_| {}));
        assert_eq!(hex(&frontier.root()), vector.root_after, "{position}");
    }
}

/// The vectors also contain the kinds of rows that only some records have.
#[test]
fn the_vectors_have_an_id_a_note_and_a_reversal() {
    let (_, vectors) = read_vectors();
    for (kind, records) in [(ID, vec!["MEMB", "POST", "REDM", "RVRS"]), (NOTE, vec!["POST", "REDM", "RVRS"])] {
        let having = vectors.iter().filter(|vector| vector.record.rows_of(kind).next().is_some());
        assert_eq!(having.map(|vector| vector.record.kind()).collect::<Vec<_>>(), records, "kind {kind}");
    }
    let reversal = vectors.last().unwrap();
    let reversed = reversal.record.rows_of(REVERSAL).next().unwrap()[0].integer();
    let redemption = vectors.iter().find(|vector| vector.record.position() == reversed).unwrap();
    assert_eq!((redemption.record.kind(), reversal.record.kind()), ("REDM", "RVRS"));
}

/// Gives the ledger the values as a row's cells.
struct Cells<'a>(std::slice::Iter<'a, Value>);

impl Source for Cells<'_> {
    fn integer(&mut self) -> Option<i64> {
        if let Value::Integer(value) = self.0.next()? { Some(*value) } else { None }
    }

    fn text(&mut self) -> Option<&str> {
        if let Value::Text(text) = self.0.next()? { Some(text) } else { None }
    }

    fn bytes(&mut self) -> Option<&[u8]> {
        if let Value::Bytes(bytes) = self.0.next()? { Some(bytes) } else { None }
    }
}

/// Reads a row of the ledger's own, which must take every cell and nothing more.
fn row<R: Row>(cells: &[Value]) -> R {
    let mut source = Cells(cells.iter());
    let row = R::take(&mut source).unwrap_or_else(|| unreachable!("{}: {cells:?}", R::table().name));
    assert_eq!(source.0.next(), None, "{} has fewer cells", R::table().name);
    row
}

/// Reads a row of some kind as the ledger's own type.
fn effect(kind: i64, cells: &[Value]) -> Effect {
    let effect = match kind {
        1 => Effect::Bank(row(cells)),
        2 => Effect::Key(row(cells)),
        3 => Effect::Commodity(row(cells)),
        4 => Effect::Account(row(cells)),
        5 => Effect::AccountState(row(cells)),
        6 => Effect::Entry(row(cells)),
        7 => Effect::Id(row(cells)),
        8 => Effect::Note(row(cells)),
        9 => Effect::Reversal(row(cells)),
        10 => Effect::Audit(row(cells)),
        13 => Effect::Hold(row(cells)),
        14 => Effect::HoldEntry(row(cells)),
        15 => Effect::Batch(row(cells)),
        16 => Effect::ReversedEntry(row(cells)),
        17 => Effect::Sweep(row(cells)),
        18 => Effect::Limit(row(cells)),
        64 => Effect::Unit(row(cells)),
        65 => Effect::Team(row(cells)),
        66 => Effect::Partner(row(cells)),
        67 => Effect::Station(row(cells)),
        68 => Effect::Member(row(cells)),
        69 => Effect::CardState(row(cells)),
        70 => Effect::Credential(row(cells)),
        71 => Effect::Policy(row(cells)),
        72 => Effect::Activity(row(cells)),
        73 => Effect::Attendance(row(cells)),
        74 => Effect::Offer(row(cells)),
        75 => Effect::RedemptionLine(row(cells)),
        76 => Effect::BalanceChoice(row(cells)),
        77 => Effect::AttendanceReversal(row(cells)),
        other => unreachable!("the ledger has no rows of kind {other}"),
    };
    assert_eq!(effect.kind(), kind);
    effect
}

/// Turns a record into the ledger's own types.
fn ledgers_own(record: &Record) -> (RecordRow, Vec<Effect>) {
    // The position comes before the row's cells; the salt and the leaf come after them.
    let rest = [Value::Bytes(record.salt.clone()), Value::Bytes(vec![0; 32])];
    let own: RecordRow = row(&[&record.fields[..1], &record.fields[2..], &rest].concat());
    (own, record.rows.iter().map(|(kind, cells)| effect(*kind, cells)).collect())
}

/// Both implementations know the same kinds of rows, with the same cells in the same order.
#[test]
fn both_implementations_know_the_same_rows() {
    let ledgers: Vec<(i64, &str, String)> = kinds()
        .into_iter()
        .map(|(kind, table)| {
            let cells: Vec<&str> = table.own_columns.iter().map(|column| column.name).collect();
            (kind, table.name, cells.join(", "))
        })
        .collect();
    assert_eq!(ledgers, ROW_KINDS.map(|(kind, table, cells)| (kind, table, cells.to_owned())));
    let own: Vec<&str> = RecordRow::table().own_columns.iter().map(|column| column.name).collect();
    assert_eq!(own, [&FIELDS[..1], &FIELDS[2..], &["salt", "leaf"]].concat());
}

/// The words of a text, in their order.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}

#[test]
fn the_documents_say_what_is_checked_here() {
    let document = |name: &str| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs");
        std::fs::read_to_string(folder.join(name)).unwrap()
    };
    let (journal, receipts) = (document("JOURNAL.md"), document("RECEIPTS.md"));
    for (index, name) in FIELDS.iter().enumerate() {
        assert!(journal.contains(&format!("\n| {} | {name} | ", index + 1)), "{name}");
    }
    for (kind, table, cells) in ROW_KINDS {
        let (_, from) = journal.split_once(&format!("\n**{kind} · ")).unwrap();
        let (heading, text) = from.split_once(':').unwrap();
        assert!(heading.ends_with(&format!("(`{table}`)")), "{heading}");
        let mut words = words(text.split_once("\n\n").unwrap().0);
        for cell in cells.split(", ") {
            assert!(words.any(|word| word == cell), "{table}.{cell}");
        }
    }
    let (_, vectors) = read_vectors();
    let redemption = vectors.iter().find(|vector| vector.record.kind() == "REDM").unwrap();
    assert!(receipts.contains(&redemption.token), "the example of docs/RECEIPTS.md is not the vector");
}
