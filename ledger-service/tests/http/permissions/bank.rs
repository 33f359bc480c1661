use super::{Row, get};

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    //               n    v    t1   t2   c    c1   a    d1   d2
    get("/v1/bank", ['-', '+', '+', '+', '+', '+', '+', '+', '+']),
];
