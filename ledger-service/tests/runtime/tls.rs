//! TLS in process: a handshake, a certificate that is renewed, and those who speak plain HTTP to it.

use std::path::Path;
use std::process::Command;

use bank_tests::bank::TestBank;

use crate::support::{Service, head, is_cut, rich_town, until};

/// Makes a certificate of that name, signed by itself.
fn certificate(folder: &Path, name: &str) -> [String; 2] {
    let [key, certificate] = ["key.pem", "certificate.pem"].map(|file| folder.join(file).to_str().unwrap().to_owned());
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", &format!("/CN={name}"), "-keyout", &key, "-out", &certificate])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    [key, certificate]
}

/// What openssl says of a visit.
fn visit(service: &Service, more: &[&str]) -> String {
    use std::io::Write;
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_quiet", "-connect", &service.address.to_string()])
        .args(more)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let request = head("GET", "/healthz", "", "connection: close\r\n");
    client.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The name in the certificate that the service shows.
fn shown_name(service: &Service) -> String {
    let command =
        format!("openssl s_client -connect {} </dev/null 2>/dev/null | openssl x509 -noout -subject", service.address);
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn tls_is_spoken_in_process_and_nothing_else_there() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let [key, chain] = certificate(bank.folder(), "first.example");
    let more = ["--tls-key", &key, "--tls-certificate", &chain, "--public-url", "https://points.example"];
    let service = Service::start_unready(&bank, crate::support::serving(&bank, &more));
    assert_eq!(service.scheme, "https");

    for version in ["-tls1_2", "-tls1_3"] {
        let said = visit(&service, &[version]).to_lowercase();
        assert!(said.contains("http/1.1 200") && said.contains("strict-transport-security: max-age="), "{said}");
    }
    let old = visit(&service, &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]);
    assert!(!old.contains("200 OK"), "{old}");

    let mut plain = service.connect();
    std::io::Write::write_all(&mut plain, head("GET", "/healthz", "", "").as_bytes()).unwrap();
    assert!(is_cut(&mut plain), "plain HTTP gets no answer, and no connection");

    // A renewed certificate is shown from the next connection on; a broken one is not.
    assert!(shown_name(&service).contains("first.example"));
    certificate(bank.folder(), "second.example");
    service.signal("HUP");
    until("the renewed one is shown", || shown_name(&service).contains("second.example"));
    std::fs::write(&chain, "not a certificate").unwrap();
    service.signal("HUP");
    service.until_logged("the one of before stays");
    assert!(shown_name(&service).contains("second.example"));
}
