//! Tests of the pages through the real router.
