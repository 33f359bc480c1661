//! What comes back of a redemption, piece by piece, and what is said of it afterwards; and earnings that are taken back.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests: what fails here fails the test")]

use bank_tests::bank::{attendance, cards, post_all, redeem, reference_town, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use baoyulan_ledger::command::{Command, Redeem, Reverse, ReverseRedemption};
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::proof::receipt::token_digest;
use baoyulan_ledger::proof::{Receipt, ReceiptNumber};
use baoyulan_ledger::shop::Line;
use baoyulan_ledger::statement::{PostingReason, StatementStart, VolunteerPosting};
use baoyulan_ledger::store::chain::{IssuedReceipt, Return, Returned};
use baoyulan_ledger::{Error, Ledger, Rejection};

fn number(card: &str) -> CardNumber {
    CardNumber::parse(card).unwrap()
}

fn lines(lines: &[(&str, i64)]) -> Vec<Line> {
    lines.iter().map(|&(sku, pieces)| Line { sku: sku.to_owned(), pieces }).collect()
}

/// Takes these pieces back; all that is left where there are none.
fn back(receipt: &str, pieces: &[(&str, i64)]) -> Command {
    let lines = Some(lines(pieces)).filter(|lines| !lines.is_empty());
    Command::ReverseRedemption(ReverseRedemption { receipt: receipt.to_owned(), lines })
}

async fn refused(ledger: &Ledger, command: Command) -> Rejection {
    match ledger.post(unkeyed(command)).await.unwrap_err() {
        Error::Rejected(rejection) => rejection,
        other => panic!("{other}"),
    }
}

async fn issued(ledger: &Ledger, receipt: &str) -> IssuedReceipt {
    ledger.issued_receipt(&ReceiptNumber::parse(receipt).unwrap()).await.unwrap().unwrap()
}

/// The numbers of the receipts with which something came back, and what.
fn returns(issued: &IssuedReceipt) -> Vec<(String, Vec<(String, i64)>)> {
    let pieces = |one: &Return| one.lines.iter().map(|line| (line.sku.clone(), line.pieces)).collect();
    issued.returns.iter().map(|one| (one.receipt.to_string(), pieces(one))).collect()
}

/// A return of one line.
fn of(receipt: &str, sku: &str, pieces: i64) -> (String, Vec<(String, i64)>) {
    (receipt.to_owned(), vec![(sku.to_owned(), pieces)])
}

/// The town, where the first two have earned enough for all that follows.
async fn rich_town(ledger: &Ledger) {
    reference_town(ledger).await;
    for card in &cards()[..2] {
        let earned = [
            attendance("A0001", card, "2026-06-01T14:00", "2026-06-01T16:00", "excellent"),
            attendance("A0002", card, "2026-06-02T08:30", "2026-06-02T10:30", "excellent"),
            attendance("A0003", card, "2026-06-05T08:00", "2026-06-05T16:00", "excellent"),
            attendance("A0005", card, "2026-06-08T19:00", "2026-06-08T21:00", "excellent"),
        ];
        post_all(ledger, earned).await;
    }
}

async fn points(ledger: &Ledger, card: &str) -> i64 {
    ledger.volunteer_account(number(card)).await.unwrap().unwrap().points
}

both_engines!(a_redemption_comes_back_piece_by_piece, async |bank| {
    let ledger = bank.open().await;
    rich_town(&ledger).await;
    let card = cards()[0].clone();
    let before = points(&ledger, &card).await;
    let bought = Command::Redeem(Redeem {
        card: card.clone(),
        station: "S01".to_owned(),
        lines: lines(&[("G01", 3), ("V01", 1)]),
        points_shown: Some(150),
    });
    let original = post_all(&ledger, [bought]).await.remove(0).receipt.unwrap();
    let now = issued(&ledger, "S01-26-000001").await;
    assert_eq!((now.returned, returns(&now), now.reverses), (Returned::Nothing, Vec::new(), None));
    // The month's limit is 4: one is left, and every piece that comes back is one more.
    let soap = async |pieces: i64| ledger.post(unkeyed(redeem(&card, "S02", "G01", pieces))).await;
    assert!(soap(2).await.is_err());
    for (pieces, left) in [(0, 3), (-1, 3), (4, 3)] {
        let why = refused(&ledger, back("S01-26-000001", &[("G01", pieces)])).await;
        let expected = match pieces {
            4 => Rejection::BeyondRedemption { sku: "G01".to_owned(), pieces_left: left },
            _ => Rejection::InvalidPieces,
        };
        assert_eq!(why, expected);
    }

    let first = post_all(&ledger, [back("S01-26-000001", &[("G01", 2)])]).await.remove(0).receipt.unwrap();
    let now = issued(&ledger, "S01-26-000001").await;
    assert_eq!(now.returned, Returned::Partly);
    assert_eq!(returns(&now), [of("S01-26-000002", "G01", 2)]);
    assert_eq!(points(&ledger, &card).await, before - 90);
    soap(2).await.unwrap();
    assert!(soap(2).await.is_err(), "three of four are had");
    let why = refused(&ledger, back("S01-26-000001", &[("G01", 2)])).await;
    assert_eq!(why, Rejection::BeyondRedemption { sku: "G01".to_owned(), pieces_left: 1 });
    let why = refused(&ledger, back("S01-26-000001", &[("G10", 1)])).await;
    assert_eq!(why, Rejection::UnknownItem { sku: "G10".to_owned() });

    let second = post_all(&ledger, [back("S01-26-000001", &[("V01", 1)])]).await.remove(0).receipt.unwrap();
    let rest = post_all(&ledger, [back("S01-26-000001", &[])]).await.remove(0).receipt.unwrap();
    let now = issued(&ledger, "S01-26-000001").await;
    assert_eq!(now.returned, Returned::All);
    let all = [of("S01-26-000002", "G01", 2), of("S01-26-000003", "V01", 1), of("S01-26-000004", "G01", 1)];
    assert_eq!(returns(&now), all);
    assert_eq!(refused(&ledger, back("S01-26-000001", &[])).await, Rejection::AlreadyReversed);
    assert_eq!(points(&ledger, &card).await, before - 60, "the two soaps of the other station");

    // Each is signed, names the one redemption, lists what it takes back, and continues the chain.
    let tokens = [original, first, second, rest];
    let receipts = tokens.each_ref().map(|token| Receipt::read_unverified(token).unwrap());
    for (index, receipt) in receipts.iter().enumerate().skip(1) {
        assert_eq!(receipt.reference, Some(token_digest(&tokens[0])));
        assert_eq!(receipt.previous, token_digest(&tokens[index - 1]), "the chain of S01");
        let now = issued(&ledger, &receipt.number).await;
        assert_eq!((now.returned, now.returns.len()), (Returned::Nothing, 0));
        assert_eq!(now.reverses.unwrap().to_string(), "S01-26-000001");
    }
    let sum: i64 = receipts[1..].iter().map(|receipt| receipt.points).sum();
    assert_eq!(sum, receipts[0].points);
    assert!(ledger.issued_receipt(&ReceiptNumber::parse("S01-26-000099").unwrap()).await.unwrap().is_none());
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(the_rest_of_a_redemption_comes_back_by_its_position, async |bank| {
    let ledger = bank.open().await;
    rich_town(&ledger).await;
    let posted = post_all(&ledger, [redeem(&cards()[0], "S01", "G01", 2)]).await.remove(0);
    post_all(&ledger, [back("S01-26-000001", &[("G01", 1)])]).await;
    let whole = Command::Reverse(Reverse { position: posted.position, entries: None });
    post_all(&ledger, [whole]).await;
    let now = issued(&ledger, "S01-26-000001").await;
    assert_eq!(now.returned, Returned::All);
    let both = ["S01-26-000002", "S01-26-000003"].map(|number| of(number, "G01", 1));
    assert_eq!(returns(&now), both);
    ledger.close().await;
    assert_whole(bank.url()).await;
});

async fn by_pages(ledger: &Ledger, card: &str, size: usize) -> Vec<VolunteerPosting> {
    let (mut postings, mut start): (Vec<VolunteerPosting>, Option<StatementStart>) = (Vec::new(), None);
    loop {
        let page = ledger.volunteer_statement_page(number(card), start, size).await.unwrap().unwrap();
        postings.extend(page.postings);
        start = page.next;
        if start.is_none() {
            return postings;
        }
    }
}

both_engines!(what_is_owed_is_told_until_it_is_settled, async |bank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let card = cards()[0].clone();
    let sheet = attendance("A0003", &card, "2026-06-05T08:00", "2026-06-05T16:00", "good");
    let earning = post_all(&ledger, [sheet]).await.remove(0);
    let earned = points(&ledger, &card).await;
    post_all(&ledger, [redeem(&card, "S01", "G01", 2)]).await;
    let taken_back = Command::Reverse(Reverse { position: earning.position, entries: None });
    post_all(&ledger, [taken_back]).await;
    let owing = ledger.volunteer_account(number(&card)).await.unwrap().unwrap();
    assert_eq!((owing.points, owing.points_owed, owing.minutes), (0, 60, 0));
    let why = refused(&ledger, redeem(&card, "S01", "G01", 1)).await;
    assert_eq!(why, Rejection::PointsOwed { points_owed: 60 });

    // A soap that comes back settles half of it. No point of it comes to the person.
    post_all(&ledger, [back("S01-26-000001", &[("G01", 1)])]).await;
    let statement = ledger.volunteer_statement(number(&card)).await.unwrap().unwrap();
    assert_eq!(statement.points_owed, 30);
    let newest = &statement.postings[0];
    assert!(matches!(&newest.what, PostingReason::Redemption(lines) if lines[0].pieces == -1));
    assert_eq!((newest.points, newest.owed, newest.owed_after), (0, -30, Some(30)));
    let reversal = &statement.postings[1];
    assert!(
        matches!(&reversal.what, PostingReason::AttendanceReversal(title, activity) if !title.is_empty() && activity == "A0003"),
        "{:?}",
        reversal.what
    );
    assert_eq!((reversal.points, reversal.owed), (60 - earned, 60));
    assert_eq!((reversal.minutes, reversal.minutes_after), (-480, Some(0)));
    assert_eq!(statement.postings.len(), 4);
    let written = |postings: &[VolunteerPosting]| format!("{postings:?}");
    for size in [1, 2, 3, 10] {
        assert_eq!(written(&by_pages(&ledger, &card, size).await), written(&statement.postings), "{size} a page");
    }

    // The next earning settles the rest.
    post_all(&ledger, [attendance("A0001", &card, "2026-06-01T14:00", "2026-06-01T16:00", "excellent")]).await;
    let settled = ledger.volunteer_statement(number(&card)).await.unwrap().unwrap();
    assert_eq!((settled.points_owed, settled.postings[0].owed, settled.postings[0].owed_after), (0, -30, Some(0)));
    assert_eq!(ledger.volunteer_account(number(&card)).await.unwrap().unwrap().points_owed, 0);
    ledger.close().await;
    assert_whole(bank.url()).await;
});
