//! Section 18: others that do not do what they should.

mod clients;
mod disk;
mod servers;
