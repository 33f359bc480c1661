use super::{Answer, Caller, Row, get};

fn end(caller: &Caller, path: &str, _: &str) -> Answer {
    caller.send("DELETE", path, &[], "").unwrap()
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    //                n    v    t1   t2   c    c1   a    d1   d2
    get("/v1/visit", ['-', '-', '-', '-', '-', '-', '-', 'v', 'v']),
    Row {
        method: "DELETE",
        route: "/v1/visit",
        allowed:     ['-', '-', '-', '-', '-', '-', '-', '+', '+'],
        ask: end,
    },
];
