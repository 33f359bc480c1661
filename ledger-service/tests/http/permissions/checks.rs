use serde_json::json;

use super::{Answer, Caller, Row, post};

fn check_pin(caller: &Caller, path: &str, key: &str) -> Answer {
    caller.post(path, key, &json!({"card": "9999999952", "pin": "482913"}))
}

fn check_staff(caller: &Caller, path: &str, key: &str) -> Answer {
    caller.post(path, key, &json!({"token": "none", "station": "S01"}))
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    //                        n    v    t1   t2   c    c1   a    d1   d2
    post("/v1/pin-checks",   ['-', '-', '+', '+', '+', '+', '+', '+', '+'], check_pin),
    post("/v1/staff-checks", ['-', '-', '+', '+', '+', '+', '+', '+', '+'], check_staff),
];
