//! Imports by upload: the same town as at the counter, and what becomes of one that is broken off.

use std::process::Command;
use std::time::{Duration, Instant};

use bank_tests::bank::{TestBank, refuse_records_from, take_records};
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use serde_json::{Value, json};

use super::support::{Caller, PATIENCE, Service, credential, files, import_town, run, town};

/// A bank with nothing in it but a coordinator, whose token this is.
fn coordinator_of_an_empty_bank(bank: &TestBank) -> String {
    let empty = tempfile::tempdir().unwrap();
    for (name, content) in files(&town()) {
        let header = content.split_inclusive(|byte| *byte == b'\n').next().unwrap();
        // A policy is never empty; everything else is.
        let keep =
            ["earning_rules.csv", "flat_awards.csv", "grades.csv", "themes.csv", "service_types.csv"].contains(&name);
        std::fs::write(empty.path().join(name), if keep { &content } else { header }).unwrap();
    }
    run(bank, &["import", empty.path().to_str().unwrap(), "--demo"], "");
    credential(bank, "coordinator", &["--name", "manager-1"])
}

/// Waits until an import is over.
fn over(caller: &Caller, location: &str) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let import = caller.get(location).expect(200);
        if import["state"] == "done" || import["state"] == "failed" {
            return import;
        }
        assert!(Instant::now() < end, "{import}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The one route of the description that gives a table, and the page's.
#[test]
fn no_download_has_a_cell_that_calculates_and_a_rewritten_sheet_is_said_first() {
    let bank = TestBank::sqlite();
    let token = coordinator_of_an_empty_bank(&bank);
    let api: Value = serde_json::from_str(&run(&bank, &["openapi"], "")).unwrap();
    let tables =
        api["paths"].as_object().unwrap().iter().filter(|(_, methods)| methods.to_string().contains("text/csv"));
    assert_eq!(tables.map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["/v1/imports/{id}/refused"]);

    let service = Service::start(&bank);
    let caller = service.caller(&token);
    let mut sheets = files(&town());
    let rows =
        ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"].map(|row| format!("{row},=A1,1000186983,2026/1/22 18:23,,=,=,=2,@y\n"));
    let header = "row,activity_id,card_no,check_in,check_out,grade,source,entered_by,confirmed_by\n";
    let attendance = sheets.iter_mut().find(|(name, _)| *name == "attendance.csv").unwrap();
    attendance.1 = (header.to_owned() + &rows.concat()).into_bytes();
    let location = caller.upload("formulas", &sheets).header("location").to_owned();
    let import = over(&caller, &location);
    assert_eq!((&import["state"], &import["rows_refused"]), (&json!("done"), &json!(5)), "{import}");
    let first = import["warnings"][0].as_str().unwrap();
    assert!(
        first.starts_with("every check_in in attendance.csv is in another form, such as \"2026/1/22 18:23\""),
        "{first}"
    );

    let form = format!("credential={token}");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let browser = service.caller("");
    let entered = browser.send("POST", "/staff/login", &headers, form).unwrap();
    let cookie = entered.header("set-cookie").split(';').next().unwrap().to_owned();
    let id = location.rsplit('/').next().unwrap();
    let page = |address: String, language: &str| {
        let headers = [("cookie", cookie.as_str()), ("accept-language", language), ("accept", "text/html")];
        browser.send("GET", &address, &headers, "").unwrap()
    };
    for (language, said) in [
        ("en", "every check_in in"),
        ("zh-Hans", "check_in 全都看不懂，例如“"),
        ("zh-Hant", "check_in 全都看不懂，例如「"),
    ] {
        let shown = page(format!("/staff/imports/{id}"), language).text;
        let (notice, accepted) = (shown.find("data-rewritten=\"check_in\""), shown.find("id=\"accepted\""));
        assert!(notice.is_some() && notice < accepted && shown.contains(said), "{language}: {shown}");
    }
    for report in [caller.get(&format!("{location}/refused")), page(format!("/staff/imports/{id}/refused"), "en")] {
        assert_eq!((report.status, report.header("content-type")), (200, "text/csv; charset=utf-8"));
        for line in report.text.lines().skip(1) {
            assert!(line.starts_with('\'') && line.contains(",unknown_activity,"), "{line}");
        }
        assert_eq!(report.text.lines().count(), 6);
    }
}

fn assert_town(import: &Value) {
    assert_eq!(import["state"], "done", "{import}");
    let rows = ["rows_total", "rows_done", "rows_accepted", "rows_refused"].map(|key| import[key].as_u64().unwrap());
    assert_eq!(rows, [3265, 3265, 3094, 171]);
    assert_eq!(import["service_time"], json!({"quantity": 392_006, "commodity": "MIN"}));
    assert_eq!(import["points"], json!({"quantity": 79_709, "commodity": "POINT"}));
    assert_eq!(import["refused"]["overlaps_other_attendance"], 102);
    assert_eq!(import["refused"]["already_recorded"], 12);
}

both_engines!(an_upload_is_the_import_of_the_counter, async |bank| {
    let token = coordinator_of_an_empty_bank(bank);
    let service = Service::start(bank);
    let caller = service.caller(&token);
    let answer = caller.upload("the town", &files(&town()));
    answer.expect(202);
    let location = answer.header("location").to_owned();
    assert_town(&over(&caller, &location));
    let refused = caller.get(&format!("{location}/refused"));
    assert_eq!(refused.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(refused.text.lines().count(), 172);

    let counter = TestBank::sqlite();
    import_town(&counter);
    assert_eq!(run(bank, &["balances"], ""), run(&counter, &["balances"], ""));

    let again = caller.upload("the town", &files(&town()));
    assert_eq!(again.expect(202)["state"], "done");
    assert_eq!(again.header("idempotency-replayed"), "true");
    let mut other = files(&town());
    other[13].1.extend_from_slice(b"\n");
    assert_eq!(caller.upload("the town", &other).problem(422), "id_conflict");

    // The list tells imports apart by their second.
    let next_second = || std::thread::sleep(Duration::from_millis(1100));
    next_second();
    // Under a new key it is imported again, and changes nothing.
    let head = caller.get("/v1/volunteers/1000157592/balance").expect(200)["points"].clone();
    let second = over(&caller, caller.upload("again", &files(&town())).header("location"));
    assert_eq!((&second["rows_accepted"], &second["refused"]["already_recorded"]), (&json!(0), &json!(3094 + 12)));
    assert_eq!(caller.get("/v1/volunteers/1000157592/balance").expect(200)["points"], head);
    let list = caller.get("/v1/imports?limit=1").expect(200);
    assert_eq!(list["data"][0]["id"], second["id"]);
    // What begins meanwhile moves nothing.
    next_second();
    let third = over(&caller, caller.upload("meanwhile", &files(&town())[..1]).header("location"));
    let next = caller.get(&format!("/v1/imports?cursor={}", list["next_cursor"].as_str().unwrap())).expect(200);
    let id = location.rsplit('/').next().unwrap();
    assert_eq!((&next["data"][0]["id"], next["data"].as_array().unwrap().len()), (&json!(id), 1), "{next}");
    assert_eq!(next["next_cursor"], Value::Null);
    assert_eq!(caller.get("/v1/imports").expect(200)["data"][0]["id"], third["id"]);
    assert_whole(bank.url()).await;

    let mut tables = bank_tests::journal::Tables::open(bank.url()).await;
    let rows = tables.rows("SELECT DISTINCT actor FROM ledger_records WHERE kind = 'ATTD'").await;
    assert_eq!((rows.len(), rows[0][0].text()), (1, "manager-1"));
    // The files, in which names stand, are gone.
    let left = std::fs::read_dir(bank.folder().join("service/imports")).unwrap();
    for job in left {
        assert!(!job.unwrap().path().join("files").exists());
    }
});

both_engines!(an_import_goes_on_after_a_kill, async |bank| {
    let token = coordinator_of_an_empty_bank(bank);
    let mut service = Service::start(bank);
    let location = {
        let answer = service.caller(&token).upload("the town", &files(&town()));
        answer.expect(202);
        answer.header("location").to_owned()
    };
    // Killed again and again, a little later each time.
    let mut broken_off = 0;
    for wait_ms in [0, 20, 60, 120, 200, 300] {
        std::thread::sleep(Duration::from_millis(wait_ms));
        service.kill();
        service = Service::start(bank);
        let state = service.caller(&token).get(&location).expect(200)["state"].clone();
        broken_off += u32::from(state != "done");
    }
    assert!(broken_off > 0, "it was never broken off");
    assert_town(&over(&service.caller(&token), &location));
    let counter = TestBank::sqlite();
    import_town(&counter);
    assert_eq!(run(bank, &["balances"], ""), run(&counter, &["balances"], ""));
    assert_whole(bank.url()).await;
});

both_engines!(an_upload_that_is_wrong_imports_nothing, async |bank| {
    let token = coordinator_of_an_empty_bank(bank);
    let service = Service::start(bank);
    let caller = service.caller(&token);
    let before = run(bank, &["trial-balance"], "");
    assert_eq!(caller.upload("none", &[]).problem(400), "invalid_body");
    assert_eq!(caller.upload("other", &[("passwords.csv", b"x".to_vec())]).problem(400), "invalid_body");
    let mut twice = files(&town());
    twice.push(twice[0].clone());
    assert_eq!(caller.upload("twice", &twice).problem(400), "invalid_body");
    let headers = [("content-type", "multipart/form-data; boundary=x"), ("idempotency-key", "cut")];
    let cut = caller
        .send(
            "POST",
            "/v1/imports",
            &headers,
            b"--x\r\ncontent-disposition: form-data; name=\"files\"; filename=\"units.csv\"\r\n\r\nunit",
        )
        .unwrap();
    assert_eq!(cut.problem(400), "invalid_body");
    let headers = [("content-type", "application/json"), ("idempotency-key", "json")];
    assert_eq!(caller.send("POST", "/v1/imports", &headers, b"{}").unwrap().problem(415), "unsupported_media_type");

    let mut missing = files(&town());
    missing.remove(0);
    let import = over(&caller, caller.upload("missing", &missing).header("location"));
    assert_eq!(import["state"], "failed");
    assert!(import["error"].as_str().unwrap().contains("units.csv"), "{import}");
    let mut broken = files(&town());
    broken[1].1 = b"station,unit\n\xff".to_vec();
    let import = over(&caller, caller.upload("broken", &broken).header("location"));
    assert!(import["error"].as_str().unwrap().contains("stations.csv"), "{import}");
    let refused = caller.get(&format!("/v1/imports/{}/refused", import["id"].as_str().unwrap()));
    assert_eq!(refused.problem(404), "not_done");
    assert_eq!(run(bank, &["trial-balance"], ""), before);
    let arriving = std::fs::read_dir(bank.folder().join("service/imports")).unwrap();
    assert!(arriving.map(|entry| entry.unwrap().file_name().into_string().unwrap()).all(|name| !name.starts_with('.')));
});

/// Waits until that is so of an import.
fn until(caller: &Caller, location: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let import = caller.get(location).expect(200);
        if is_so(&import) {
            return import;
        }
        assert!(Instant::now() < end, "{import}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

both_engines!(an_import_waits_until_database_and_disk_take_it, async |bank| {
    let token = coordinator_of_an_empty_bank(bank);
    let service = Service::start(bank);
    let caller = service.caller(&token);
    // Some of it is posted, then the database takes no more.
    refuse_records_from(bank, 1300).await;
    let location = caller.upload("the town", &files(&town())).header("location").to_owned();
    let job = bank.folder().join("service/imports").join(location.rsplit('/').next().unwrap());
    let has_waited = |import: &Value| import["state"] == "queued" && !import["changed"].as_object().unwrap().is_empty();
    let waiting = until(&caller, &location, has_waited);
    assert_eq!(waiting["error"], Value::Null, "{waiting}");
    assert!(job.join("files/attendance.csv").exists());
    assert_eq!(caller.upload("the town", &files(&town())).expect(202)["state"], "queued");

    // The disk does not take what has become of it, either: nothing is removed.
    let record = job.join("job.json");
    std::fs::rename(&record, job.join("kept.json")).unwrap();
    std::fs::create_dir(&record).unwrap();
    take_records(bank).await;
    std::thread::sleep(Duration::from_secs(3));
    let waiting = caller.get(&location).expect(200);
    assert!(waiting["state"] == "queued" && job.join("files/attendance.csv").exists(), "{waiting}");

    std::fs::remove_dir(&record).unwrap();
    let import = over(&caller, &location);
    assert_town(&import);
    assert_eq!(import["changed"]["stations.csv"], 14, "as the first run has found it: {import}");
    // Only then the files are removed.
    let end = Instant::now() + PATIENCE;
    while job.join("files").exists() {
        assert!(Instant::now() < end, "the files are still there");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_whole(bank.url()).await;
});

#[test]
fn an_import_that_is_broken_keeps_no_service_from_starting() {
    let bank = TestBank::sqlite();
    let token = coordinator_of_an_empty_bank(&bank);
    let folder = bank.folder().join("service/imports");
    let job = |number: u128| folder.join(uuid::Uuid::from_u128(number).to_string());
    for number in 1..=6 {
        std::fs::create_dir_all(job(number).join("files")).unwrap();
        std::fs::write(job(number).join("files/units.csv"), "unit").unwrap();
    }
    std::fs::write(job(1).join("job.json"), "").unwrap();
    std::fs::write(job(2).join("job.json"), "{").unwrap();
    assert!(Command::new("mkfifo").arg(job(3).join("job.json")).status().unwrap().success());
    std::fs::create_dir(job(4).join("job.json")).unwrap();
    let other = json!({
        "id": uuid::Uuid::from_u128(9), "credential": "c", "actor": "a", "content": "", "created_at": 1, "state": "posting",
        "rows_total": 0, "warnings": [], "error": null,
        "summary": {"rows": 0, "accepted": 0, "minutes": 0, "points": 0, "refused": {}},
    });
    std::fs::write(job(5).join("job.json"), other.to_string()).unwrap();
    // The sixth has none at all; beside them lies what nobody expects.
    std::fs::write(folder.join(".arriving-x"), "x").unwrap();
    std::fs::write(folder.join("notes.txt"), "x").unwrap();

    for _ in 0..2 {
        let service = Service::start(&bank);
        let caller = service.caller(&token);
        for number in 1..=6 {
            let id = uuid::Uuid::from_u128(number);
            let import = caller.get(&format!("/v1/imports/{id}")).expect(200);
            let why = import["error"].as_str().unwrap();
            assert!(
                import["state"] == "failed"
                    && why.contains(&format!("its files are still in the service's imports/{id}")),
                "{import}"
            );
            assert!(job(number).join("files/units.csv").exists());
        }
        assert_eq!(caller.get("/v1/imports").expect(200)["data"].as_array().unwrap().len(), 6);
        service.kill();
    }

    // Whatever is mended goes on.
    let mended = json!({"id": uuid::Uuid::from_u128(1), "state": "posting"});
    let mut whole = other;
    whole.as_object_mut().unwrap().extend(mended.as_object().unwrap().clone());
    std::fs::write(job(1).join("job.json"), whole.to_string()).unwrap();
    let service = Service::start(&bank);
    let location = format!("/v1/imports/{}", uuid::Uuid::from_u128(1));
    let import = over(&service.caller(&token), &location);
    assert!(import["error"].as_str().unwrap().contains("stations.csv"), "its files are checked: {import}");
}

#[test]
fn what_the_other_files_change_is_told() {
    let bank = TestBank::sqlite();
    let token = coordinator_of_an_empty_bank(&bank);
    let service = Service::start(&bank);
    let caller = service.caller(&token);
    let first = over(&caller, caller.upload("first", &files(&town())).header("location"));
    assert_eq!(
        (&first["changed"]["stations.csv"], &first["changed"]["volunteers.csv"]),
        (&json!(14), &json!(520)),
        "{first}"
    );
    let mut dearer = files(&town());
    let catalogue = dearer.iter_mut().find(|(name, _)| *name == "catalogue.csv").unwrap();
    catalogue.1 = String::from_utf8(catalogue.1.clone()).unwrap().replacen("香皂,30", "香皂,31", 1).into_bytes();
    let second = over(&caller, caller.upload("second", &dearer).header("location"));
    assert_eq!((&second["changed"], &second["rows_accepted"]), (&json!({"catalogue.csv": 1}), &json!(0)), "{second}");
    let third = over(&caller, caller.upload("third", &dearer).header("location"));
    assert_eq!(third["changed"], json!({}), "{third}");
}
