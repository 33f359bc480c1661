use super::{Row, get};

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    //                                 n    v    t1   t2   c    c1   a    d1   d2
    // The first receipt of S01 is OWN's, that of S02 is OTHER's.
    get("/v1/receipts/S01-26-000001", ['-', '+', '+', '-', '+', '+', '+', 'v', '-']),
    get("/v1/receipts/S02-26-000001", ['-', '-', '-', '+', '+', '-', '+', '-', 'v']),
];
