use super::{Answer, Caller, Row, get, post};

fn upload(caller: &Caller, _: &str, key: &str) -> Answer {
    caller.upload(key, &[])
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    //                                                                n    v    t1   t2   c    c1   a    d1   d2
    post("/v1/imports",                                              ['-', '-', '-', '-', '+', '-', '+', '-', '-'], upload),
    get("/v1/imports",                                               ['-', '-', '-', '-', '+', '-', '+', '-', '-']),
    get("/v1/imports/0190f2b1-7c3a-7d1e-9a55-3f1b2c4d5e6f",          ['-', '-', '-', '-', '+', '-', '+', '-', '-']),
    get("/v1/imports/0190f2b1-7c3a-7d1e-9a55-3f1b2c4d5e6f/refused",  ['-', '-', '-', '-', '+', '-', '+', '-', '-']),
];
