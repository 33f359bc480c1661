//! The API as it is described.

use bank_tests::bank::TestBank;
use bank_tests::service::{Service, credential, import_town};

#[test]
fn try_it() {
    let bank = TestBank::sqlite();
    import_town(&bank);
    let token = credential(&bank, &["--role", "administrator"]);
    let mut service = Service::start(&bank);
    let answer = service.client(&token).get("/v1/imports");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(service.stop().success());
}
