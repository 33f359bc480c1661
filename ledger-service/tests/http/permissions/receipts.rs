use serde_json::json;

use super::{Answer, Caller, Row, get, post};

fn check_receipt(caller: &Caller, path: &str, key: &str) -> Answer {
    caller.post(path, key, &json!({"number": "S01-26-000001"}))
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    //                                 n    v    t1   t2   c    c1   a    d1   d2
    // The first receipt of S01 is OWN's, that of S02 is OTHER's.
    get("/v1/receipts/S01-26-000001", ['-', '+', '+', '-', '+', '+', '+', 'v', '-']),
    get("/v1/receipts/S02-26-000001", ['-', '-', '-', '+', '+', '-', '+', '-', 'v']),
    post("/v1/receipt-checks",        ['.', '.', '.', '.', '.', '.', '.', '.', '.'], check_receipt),
];
