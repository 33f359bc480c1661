//! Crowds and giants: many connections, large bodies.

use std::io::Write;
use std::net::TcpStream;

use bank_tests::bank::TestBank;

use crate::support::{Answer, Service, counter, head, rich_town, teller, until};

const IDLE: usize = 10_000;
const GIB: u64 = 1024 * 1024 * 1024;

#[tokio::test]
async fn ten_thousand_idle_connections_hold_up_nobody() {
    let allowed = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    assert!(allowed > IDLE as u64 + 500, "this test needs more than {IDLE} open files, and may have {allowed}");
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let flags = ["--header-seconds-max", "60", "--connections-per-address-max", "12000"];
    let (service, token) = (Service::start(&bank, &flags), teller(&bank));
    let idle: Vec<TcpStream> = (0..IDLE).map(|_| service.connect()).collect();
    let all = format!("points_bank_connections {}\n", IDLE + 1);
    until("all of them are taken", || service.get("/metrics", "").unwrap().body.contains(&all));
    for key in ["one", "two", "three"] {
        assert_eq!(service.redeem(&token, key).unwrap().status, 201);
    }
    assert!(service.memory_max() < 400, "{} MiB", service.memory_max());
    drop(idle);
}

#[tokio::test]
async fn a_connection_too_many_is_closed_at_once_and_the_rest_are_served() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, &["--connections-max", "3"]);
    // Those that have asked whether it is ready may still be there; who asks here stays the first of three.
    let mut first = service.connect();
    until("no other connection is there", || {
        first.write_all(head("GET", "/metrics", "", "").as_bytes()).unwrap();
        Answer::read(&mut first).unwrap().body.contains("points_bank_connections 1\n")
    });
    let mut all = vec![first];
    all.extend((0..4).map(|_| service.connect()));
    let served = all.iter_mut().filter_map(|stream| {
        // One that was closed may still take what is written.
        stream.write_all(head("GET", "/healthz", "", "").as_bytes()).ok()?;
        Answer::read(stream).ok()
    });
    assert_eq!(served.filter(|answer| answer.status == 200).count(), 3);
    drop(all);
    service.wait_until_ready();
}

#[tokio::test]
async fn an_address_has_a_share_of_the_connections_and_a_trusted_proxy_has_any() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    for (proxies, served) in [("10.0.0.0/8", 3), ("127.0.0.1", 6)] {
        let flags = ["--connections-per-address-max", "3", "--trusted-proxies", proxies];
        let service = Service::start_unready(&bank, crate::support::serving(&bank, &flags));
        // The share leaves room for others: this one is of another address.
        let socket = |from: &str| {
            let from: std::net::IpAddr = from.parse().unwrap();
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind((from, 0).into()).unwrap();
            socket.connect(service.address)
        };
        let mut own = Vec::new();
        for _ in 0..6 {
            own.push(socket("127.0.0.1").await.unwrap().into_std().unwrap());
        }
        own.push(socket("127.0.0.2").await.unwrap().into_std().unwrap());
        let answers: Vec<bool> = own
            .iter_mut()
            .map(|stream| {
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
                // One that was closed may still take what is written.
                let written = stream.write_all(head("GET", "/healthz", "", "").as_bytes());
                written.is_ok() && Answer::read(stream).is_ok_and(|answer| answer.status == 200)
            })
            .collect();
        assert_eq!(answers[..6].iter().filter(|answered| **answered).count(), served, "{proxies}");
        assert!(answers[6], "another address has its own share");
        drop(own);
        // Who goes makes room, and what was refused is counted.
        service.wait_until_ready();
        let metrics = service.get("/metrics", "").unwrap().body;
        let refused = metrics.contains("points_bank_connections_refused_total{reason=\"address\"}");
        assert_eq!(refused, served == 3, "{metrics}");
    }
}

/// Sends chunks until the other side has enough or all is sent; how many bytes went out.
fn send_chunks(stream: &mut TcpStream, bytes_max: u64) -> u64 {
    let data = vec![b'x'; 64 * 1024];
    let mut sent = 0;
    while sent < bytes_max {
        let size = format!("{:x}\r\n", data.len());
        let written = stream.write_all(size.as_bytes()).and_then(|()| stream.write_all(&data));
        if written.and_then(|()| stream.write_all(b"\r\n")).is_err() {
            break;
        }
        sent += data.len() as u64;
    }
    sent
}

#[tokio::test]
async fn a_body_of_a_gigabyte_is_refused_and_never_held() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, &["--upload-bytes-max", "33554432"]);
    let administrator = counter(&bank, &["credential", "add", "--role", "administrator"]);
    let (before, json) = (service.memory_max(), "content-type: application/json\r\nidempotency-key: giant\r\n");
    let multipart = "content-type: multipart/form-data; boundary=b\r\nidempotency-key: giant\r\n";

    for (path, more) in [("/v1/redemptions", json), ("/v1/imports", multipart), ("/nowhere", json)] {
        // Nothing of the body is sent: it is refused by its length.
        let more = format!("{more}content-length: {GIB}\r\n");
        let answer = service.send(head("POST", path, &administrator, &more).as_bytes()).unwrap();
        assert_eq!((answer.status, answer.body.contains("body_too_large")), (413, true), "{path}: {answer:?}");
    }
    for (path, more, limit) in [("/v1/redemptions", json, 8 << 20), ("/v1/imports", multipart, 64 << 20)] {
        let mut stream = service.connect();
        let more = format!("{more}transfer-encoding: chunked\r\n");
        stream.write_all(head("POST", path, &administrator, &more).as_bytes()).unwrap();
        if path == "/v1/imports" {
            let part = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"attendance.csv\"\r\n\r\n";
            stream.write_all(format!("{:x}\r\n{part}\r\n", part.len()).as_bytes()).unwrap();
        }
        let sent = send_chunks(&mut stream, GIB);
        assert!(sent < limit, "{path}: {sent} bytes were taken");
        // The answer may be lost where the connection is closed with bytes on the way.
        if let Ok(answer) = Answer::read(&mut stream) {
            assert_eq!(answer.status, 413, "{answer:?}");
        }
    }
    let grown = service.memory_max() - before;
    assert!(grown < 64, "{grown} MiB more");
    let left = std::fs::read_dir(bank.folder().join("service/imports")).unwrap().count();
    assert_eq!(left, 0, "nothing of an upload that was refused stays");
    assert_eq!(service.redeem(&administrator, "after").unwrap().status, 201);
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, &[]);
    let answer = service.send(head("GET", "/healthz", "", &format!("x-long: {}\r\n", "x".repeat(200_000))).as_bytes());
    // The answer may be lost where the connection is closed with bytes on the way.
    assert!(answer.map_or(true, |answer| answer.status == 431));
}

#[tokio::test]
async fn who_sends_somewhat_too_much_hears_why() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let (service, token) = (Service::start(&bank, &[]), teller(&bank));
    let body = "x".repeat(200_000);
    for (token, status) in [(token.as_str(), 413), ("nobody", 401)] {
        for number in 0..20 {
            let more = format!(
                "content-type: application/json\r\nidempotency-key: {number}\r\ncontent-length: {}\r\n",
                body.len()
            );
            let request = head("POST", "/v1/redemptions", token, &more) + &body;
            assert_eq!(service.send(request.as_bytes()).unwrap().status, status);
        }
    }
}
