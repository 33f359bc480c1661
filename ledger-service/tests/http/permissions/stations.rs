use super::{Row, get};

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    //                                 n    v    t1   t2   c    c1   a    d1   d2
    get("/v1/stations/S01/catalogue", ['-', '+', '+', '+', '+', '+', '+', '+', '+']),
    get("/v1/stations/S02/catalogue", ['-', '+', '+', '+', '+', '+', '+', '+', '+']),
];
