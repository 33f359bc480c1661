use serde_json::json;

use super::{Answer, Caller, OTHER, Row, post};

/// At the station behind the `?`.
fn redeem(caller: &Caller, route: &str, key: &str) -> Answer {
    let (path, station) = route.split_once('?').unwrap();
    let lines = json!([{"sku": "G01", "pieces": 1}]);
    caller.post(path, key, &json!({"card": OTHER, "station": station, "lines": lines, "points_shown": 1}))
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    //                           n    v    t1   t2   c    c1   a    d1   d2
    post("/v1/redemptions?S01", ['-', '-', '+', '-', '+', '+', '+', 'v', '-'], redeem),
    post("/v1/redemptions?S02", ['-', '-', '-', '+', '+', '-', '+', '-', 'v'], redeem),
    post("/v1/redemptions?S99", ['-', '-', '-', '-', '+', '-', '+', '-', '-'], redeem),
];
