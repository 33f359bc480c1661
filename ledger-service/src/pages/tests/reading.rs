//! What a volunteer reads.

use super::*;

#[tokio::test]
async fn names_are_masked_on_every_page() {
    let site = Site::open().await;
    let session = site.log_in(&cards()[0]).await;
    let mut masked = 0;
    for page in VOLUNTEERS_PAGES.into_iter().chain(["/", "/login", "/v"]) {
        let answer = site.get(page, &session).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        assert!(!answer.body.contains("邹兰"), "{page}");
        masked += usize::from(answer.body.contains("邹*"));
    }
    assert_eq!(masked, 3);
}

#[tokio::test]
async fn points_and_hours_stand_apart_and_say_when_they_expire() {
    let site = Site::open().await;
    let session = site.log_in(&cards()[0]).await;
    let page = site.get("/me", &session).await.body;
    let account = site.ledger().volunteer_account(baoyulan_ledger::people::CardNumber::parse(&cards()[0]).unwrap());
    let account = account.await.unwrap().unwrap();
    assert!(page.contains(&format!("id=\"points\" data-points=\"{}\"", account.points)), "{page}");
    assert!(page.contains(&format!("data-minutes=\"{}\"", account.minutes)), "{page}");
    assert!(page.contains("可用到 2029年12月31日") && page.contains("服务时长不会过期"), "{page}");
    assert!(page.contains("id=\"offline\" hidden>"), "{page}");
    // Four years on, nothing can be spent, and all of the time is still there.
    site.bank.set_now(1_893_456_000);
    let session = site.log_in(&cards()[0]).await;
    let page = site.get("/me", &session).await.body;
    assert!(page.contains("id=\"points\" data-points=\"0\""), "{page}");
    assert!(page.contains(&format!("id=\"expired\" data-points=\"{}\"", account.points)), "{page}");
    assert!(page.contains(&format!("data-minutes=\"{}\"", account.minutes)), "{page}");
}

#[tokio::test]
async fn each_line_of_a_statement_has_its_reason() {
    let site = Site::open().await;
    let session = site.log_in(&cards()[0]).await;
    let page = site.get("/me/statement", &session).await.body;
    assert_eq!(page.matches("class=\"card\"").count(), 5, "{page}");
    for words in [
        "活动 A0001",
        "服务 110 分钟，计分 90 分钟",
        "1.5 小时 × 每小时 10 分 × 服务系数 1.2 × 评价系数 1.2 = 21.6，取整 22 分",
        "组织活动 +10 分",
        "香皂",
        "冲正（退回）",
        "S01-26-000001",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let english = site.get("/me/statement", &format!("{session}; lang=en")).await.body;
    assert!(english.contains("1.5 h × 10 points an hour") && english.contains("lang=\"zh-Hans\">香皂"), "{english}");
}

#[tokio::test]
async fn a_long_statement_comes_in_pages_that_leave_nothing_out() {
    let site = Site::open().await;
    let card = cards()[0].clone();
    let earned: Vec<_> = (0..24)
        .map(|hour| {
            let code = format!("B{hour:03}");
            let day = format!("2026-05-{:02}", hour + 1);
            let plan =
                bank_tests::bank::activity(&code, "elder", &format!("{day}T08:00"), &format!("{day}T10:00"), false);
            [
                Command::SetActivity(plan),
                attendance(&code, &card, &format!("{day}T08:00"), &format!("{day}T10:00"), "good"),
            ]
        })
        .collect();
    post_all(site.ledger(), earned.into_iter().flatten()).await;
    let session = site.log_in(&card).await;
    let (mut address, mut positions) = ("/me/statement".to_owned(), Vec::new());
    loop {
        let page = site.get(&address, &session).await.body;
        positions.extend(
            page.split("data-position=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse::<i64>().unwrap()),
        );
        let Some((_, rest)) = page.split_once("id=\"older\" href=\"") else { break };
        address = rest.split('"').next().unwrap().replace("&amp;", "&");
    }
    assert_eq!(positions.len(), 29);
    assert!(positions.is_sorted_by(|newer, older| newer > older), "{positions:?}");
}

#[tokio::test]
async fn receipts_are_listed_and_each_says_whether_it_stands() {
    let site = Site::open().await;
    let session = site.log_in(&cards()[0]).await;
    let list = site.get("/me/receipts", &session).await.body;
    for number in ["S01-26-000001", "S01-26-000002", "S01-26-000004"] {
        assert!(list.contains(&format!("href=\"/me/receipts/{number}\"")), "{list}");
    }
    assert!(!list.contains("S01-26-000003"), "somebody else's");
    for (number, standing) in [("000001", "stands"), ("000002", "reversed"), ("000004", "reversal")] {
        let page = site.get(&format!("/me/receipts/S01-26-{number}"), &session).await.body;
        assert!(page.contains(&format!("data-standing=\"{standing}\"")), "{number}: {page}");
        assert!(page.contains("<svg viewBox") && !page.contains("style="), "{number}");
        assert!(page.contains("data-points=\"30\"") && page.contains("href=\"/v#ey"), "{number}");
    }
    for number in ["S01-26-000003", "S01-26-999999", "x"] {
        let answer = site.get(&format!("/me/receipts/{number}"), &session).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.body.contains("unknown_receipt/"), "{}", answer.body);
    }
}

#[tokio::test]
async fn an_earning_that_was_taken_back_is_told_with_what_is_owed_for_it() {
    let site = Site::open().await;
    let card = cards()[2].clone();
    let sheet = attendance("A0003", &card, "2026-06-05T08:00", "2026-06-05T16:00", "good");
    let earning = post_all(site.ledger(), [sheet]).await.remove(0);
    post_all(site.ledger(), [redeem(&card, "S01", "G01", 1), redeem(&card, "S01", "G01", 1)]).await;
    let session = site.enter_by_link(&card).await;
    assert!(!site.get("/me", &session).await.body.contains("id=\"owed\""), "nothing is owed");
    let taken_back = baoyulan_ledger::command::Reverse { position: earning.position, entries: None };
    post_all(site.ledger(), [Command::Reverse(taken_back)]).await;
    // A soap that comes back settles half of it.
    let undone = baoyulan_ledger::command::ReverseRedemption::whole("S01-26-000005");
    post_all(site.ledger(), [Command::ReverseRedemption(undone)]).await;
    for (language, words) in [
        ("zh-Hans", ["您欠 30 分", "收回积分", "时长 −8 小时", "已经用掉、先欠着的：60 分", "有 30 分还了以前欠的"]),
        ("zh-Hant", ["您欠 30 分", "收回積分", "時長 −8 小時", "已經用掉、先欠著的：60 分", "有 30 分還了以前欠的"]),
        (
            "en",
            [
                "You owe 30 points",
                "taken back",
                "service time −8 hours",
                "60 points, spent already, are owed",
                "30 points settled what was owed",
            ],
        ),
    ] {
        let cookies = format!("{session}; lang={language}");
        let first = site.get("/me", &cookies).await.body;
        assert!(first.contains(words[0]) && first.contains("id=\"owed\" data-points=\"30\""), "{first}");
        let statement = site.get("/me/statement", &cookies).await.body;
        for word in &words[1..] {
            assert!(statement.contains(word), "{word}: {statement}");
        }
        let place = |part: &str| statement.find(part).unwrap_or_else(|| panic!("{part}: {statement}"));
        assert!(place("data-owed=\"-30\"") < place("data-kind=\"earning_reversal\""), "the newest first");
    }
    // Nothing of it came to their points, and still its receipt is in the list.
    let list = site.get("/me/receipts", &session).await.body;
    for number in ["S01-26-000005", "S01-26-000006", "S01-26-000007"] {
        assert!(list.contains(&format!("data-number=\"{number}\"")), "{number}: {list}");
    }
}

#[tokio::test]
async fn a_card_is_shown_with_its_number_and_state() {
    let site = Site::open().await;
    let card = cards()[0].clone();
    let session = site.log_in(&card).await;
    let page = site.get("/me/card", &session).await.body;
    assert!(page.contains(&format!("data-card=\"{card}\"")) && page.contains("<svg"), "{page}");
    assert!(page.contains("可以使用"));
    let blocked = Command::SetCardState(baoyulan_ledger::command::SetCardState {
        card,
        state: baoyulan_ledger::people::CardState::Blocked,
    });
    post_all(site.ledger(), [blocked]).await;
    // That ended the session. A link from the counter still shows them their own.
    site.get("/me/card", &session).await.goes_to("/login?why=over");
    let session = site.enter_by_link(&cards()[0]).await;
    assert!(site.get("/me/card", &session).await.body.contains("已挂失"));
    assert!(site.get("/me", &session).await.body.contains("id=\"blocked\""));
}

#[tokio::test]
async fn whoever_changes_their_mind_all_day_has_to_wait_and_their_neighbour_has_not() {
    let site = Site::open().await;
    let [first, second, ..] = cards();
    let (session, neighbour) = (site.log_in(&first).await, site.log_in(&second).await);
    let choose =
        async |balance: &str, session: &str| site.post("/me/receipts/balance", &[("balance", balance)], session).await;
    for choice in ["printed", "left_out"].iter().cycle().take(10) {
        // The same again writes nothing, and does not count.
        for _ in 0..3 {
            choose(choice, &session).await.goes_to("/me/receipts");
        }
    }
    let head = site.ledger().journal_head().await.unwrap();
    let answer = choose("printed", &session).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.body.contains("too_many_requests"), "{}", answer.body);
    assert_eq!(site.ledger().journal_head().await.unwrap(), head);
    choose("printed", &neighbour).await.goes_to("/me/receipts");
}
