//! Who may open the page, and what every answer says.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::support::{Agent, Browser, Town};

/// An agent whose service is away: nothing of this depends on one.
fn agent() -> (Town, Agent) {
    let town = Town::new();
    let agent = Agent::start(&town, "http://127.0.0.1:1");
    (town, agent)
}

#[test]
fn without_the_launch_token_there_is_a_plain_page() {
    let (_town, agent) = agent();
    let stranger = agent.stranger();
    for path in ["/", "/changes", "/start/0123456789abcdef0123456789abcdef", "/nothing"] {
        let mut answer = stranger.request("GET", &format!("{}{path}", stranger.origin), &[], "");
        assert_eq!(answer.status().as_u16(), 403, "{path}");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert!(answer.body_mut().read_to_string().unwrap().contains("data-screen=\"no-entry\""));
    }
    assert_eq!(stranger.post("/input", "revision=1&control=help"), 403);
    let mut wrong = stranger.clone();
    wrong.cookie = "kiosk=0123456789abcdef0123456789abcdef".to_owned();
    assert_eq!(wrong.post("/scan", "text=1000157592"), 403);
}

#[test]
fn another_host_or_origin_is_refused_with_the_cookie_too() {
    let (_town, agent) = agent();
    let browser = agent.browser();
    let url = format!("{}/", browser.origin);
    let status = |method: &str, headers: &[(&str, &str)]| browser.request(method, &url, headers, "").status().as_u16();
    assert_eq!(status("GET", &[]), 200);
    assert_eq!(status("GET", &[("host", "points.example")]), 403);
    assert_eq!(status("GET", &[("host", "points.example:8090")]), 403);
    assert_eq!(status("GET", &[("origin", "http://points.example")]), 403);
    let input = format!("{}/input", browser.origin);
    let form = ("content-type", "application/x-www-form-urlencoded");
    for headers in [
        &[form][..],
        &[form, ("origin", "null")],
        &[form, ("origin", "http://points.example")],
        &[form, ("origin", browser.origin.as_str()), ("sec-fetch-site", "cross-site")],
    ] {
        let answer = browser.request("POST", &input, headers, "revision=1&control=help");
        assert_eq!(answer.status().as_u16(), 403, "{headers:?}");
    }
    assert!(browser.page().contains("data-screen=\"welcome\""));
}

#[test]
fn every_answer_says_what_a_browser_must_not_do() {
    let (_town, agent) = agent();
    let browser = agent.browser();
    let page = browser.page();
    let style = page.split("/assets/kiosk.").nth(1).unwrap().split('"').next().unwrap();
    for path in ["/".to_owned(), "/nothing".to_owned(), format!("/assets/kiosk.{style}")] {
        let answer = browser.request("GET", &format!("{}{path}", browser.origin), &[], "");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'self'; "), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("cache-control") == "no-store", !path.starts_with("/assets/"), "{path}");
    }
    assert!(!page.contains("style=") && !page.contains("<style") && !page.contains("onclick"), "nothing inline");
    assert_eq!(page.matches("<script").count(), 1);
}

#[test]
fn a_page_reads_aloud_sounds_of_the_kiosks_own_to_whoever_has_the_cookie() {
    let (_town, agent) = agent();
    let browser = agent.browser();
    let page = browser.page();
    let get = |browser: &Browser, path: &str| browser.request("GET", &format!("{}{path}", browser.origin), &[], "");
    let clips: Vec<&str> = super::support::value(&page, "clips").split(' ').collect();
    assert_eq!(clips, ["/clips/zh/welcome-title.opus"]);
    let mut answer = get(&browser, clips[0]);
    assert_eq!(answer.status().as_u16(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "audio/ogg");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'self'; ") && !policy.contains("media-src"), "{policy}");
    assert!(answer.body_mut().read_to_vec().unwrap().starts_with(b"OggS"));
    assert_eq!(get(&agent.stranger(), clips[0]).status().as_u16(), 403);
    for no_clip in ["/clips/zh/nothing.opus", "/clips/zh/..%2F..%2Fkiosk.js", "/clips/..%2F/clips.txt"] {
        assert_eq!(get(&browser, no_clip).status().as_u16(), 404, "{no_clip}");
    }
}

#[test]
fn the_cookie_lives_through_a_new_start_and_an_older_page_presses_nothing() {
    let (town, agent) = agent();
    let browser = agent.browser();
    let revision = super::support::value(&browser.page(), "revision").to_owned();
    agent.kill();
    let agent = Agent::start(&town, "http://127.0.0.1:1");
    let mut again = agent.stranger();
    again.cookie.clone_from(&browser.cookie);
    again.press(&revision, "help");
    again.at("welcome");
}

#[test]
fn a_page_hears_of_changes_and_lets_go_at_the_end() {
    let (_town, agent) = agent();
    let browser = agent.browser();
    browser.until("暂时不能兑换");
    let address = browser.origin.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let cookie = &browser.cookie;
    write!(stream, "GET /changes HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n").unwrap();
    let mut heard = |words: &str| {
        let mut text = String::new();
        let mut buffer = [0; 1024];
        while !text.contains(words) {
            let count = stream.read(&mut buffer).unwrap();
            text += std::str::from_utf8(&buffer[..count]).unwrap();
            if count == 0 {
                return text;
            }
        }
        text
    };
    let page = browser.page();
    let now = super::support::value(&page, "changes");
    heard(&format!("\"changes\":\"{now}\""));
    browser.tap("help");
    let next = browser.page();
    let next = super::support::value(&next, "changes").to_owned();
    assert_ne!(next, now);
    heard(&format!("\"changes\":\"{next}\""));
    agent.stop();
    heard("nothing more");
}

#[test]
fn who_connects_and_asks_nothing_is_not_waited_for() {
    let (_town, agent) = agent();
    let address = agent.stranger().origin.trim_start_matches("http://").to_owned();
    let mut silent = TcpStream::connect(&address).unwrap();
    let mut slow = TcpStream::connect(&address).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: ").unwrap();
    for stream in [&mut silent, &mut slow] {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let closed = stream.read_to_end(&mut Vec::new());
        assert!(
            closed.as_ref().map_or_else(|error| error.kind() == ErrorKind::ConnectionReset, |_| true),
            "{closed:?}"
        );
    }
}

#[test]
fn an_address_that_others_can_reach_is_not_listened_at() {
    let output = Command::new(env!("CARGO_BIN_EXE_redeem-kiosk"))
        .args(["serve", "--station", "S01", "--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("this machine alone"));
}

#[test]
fn files_of_the_agent_are_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (town, agent) = agent();
    agent.browser().until("暂时不能兑换");
    let mode = |name: &str| std::fs::metadata(town.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("kiosk"), 0o700);
    for name in ["device.key", "launch.token", "outbox.db"] {
        assert_eq!(mode(&format!("kiosk/{name}")), 0o600, "{name}");
    }
}

#[test]
fn the_launch_file_is_for_the_browsers_user_by_its_group() {
    use std::os::unix::fs::PermissionsExt;
    let town = Town::new();
    let launch = town.path("launch");
    let mut command = Command::new("sh");
    // As the unit of a station has it.
    command.args(["-c", "umask 077; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_redeem-kiosk")]);
    command.args(["serve", "--station", "S01", "--listen", "127.0.0.1:0", "--launch-file"]).arg(&launch);
    command.arg("--data-folder").arg(town.path("kiosk")).env("REDEEM_KIOSK_TOKEN", &town.device);
    let mut agent = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    BufReader::new(agent.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    assert_eq!(std::fs::metadata(&launch).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(std::fs::read_to_string(&launch).unwrap().starts_with("http://127.0.0.1:"));
    agent.kill().unwrap();
    agent.wait().unwrap();
}

#[test]
fn an_idle_visit_is_wiped_by_the_injected_clock() {
    let town = Town::new();
    let service = town.serve();
    let clock = town.path("clock");
    let agent = Agent::start_with(&town, &service.url, &["--clock-file", clock.to_str().unwrap()]);
    let browser = agent.browser();
    browser.go_to_check();
    std::fs::write(&clock, "61").unwrap();
    assert!(browser.at("idle").contains("秒后回首页"));
    browser.tap("stay");
    browser.at("check");
    std::fs::write(&clock, "150").unwrap();
    let page = browser.at("welcome");
    assert!(!page.contains("林") && !page.contains("7592"));
}
