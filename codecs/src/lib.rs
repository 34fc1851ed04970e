//! Protocols.
#![no_std]
