//! What tests of Floe share when they need more than one package.
//!
//! * [`value`] and [`question`]: facts, questions and answers, as data; [`text`] reads them.
//! * [`mod@reference`]: what a policy means, evaluated slowly and plainly. The engine is right
//!   when it says the same.
//! * [`policy_test`]: the tests inside a policy.
//! * [`case`]: test cases as files.

pub mod case;
pub mod equality;
pub mod floe;
pub mod policy_test;
pub mod question;
pub mod random;
pub mod reference;
pub mod text;
pub mod value;
