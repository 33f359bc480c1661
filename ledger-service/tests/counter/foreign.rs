//! Receipts under the eyes of programs that are not ours: openssl, and a JOSE library.
