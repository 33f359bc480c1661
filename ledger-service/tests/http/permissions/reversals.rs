use serde_json::json;

use super::{Answer, Caller, Row, post};

/// Of a receipt of the same station as the one behind the `?`, which nobody has.
fn reverse(caller: &Caller, route: &str, key: &str) -> Answer {
    let (path, receipt) = route.split_once('?').unwrap();
    caller.post(path, key, &json!({"receipt": receipt.replace("000001", "999999")}))
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    //                                   n    v    t1   t2   c    c1   a    d1   d2
    post("/v1/reversals?S01-26-000001", ['-', '-', '+', '-', '+', '+', '+', 'v', '-'], reverse),
    post("/v1/reversals?S02-26-000001", ['-', '-', '-', '+', '+', '-', '+', '-', 'v'], reverse),
    post("/v1/reversals?nonsense",      ['-', '-', '-', '-', '+', '-', '+', '-', '-'], reverse),
];
