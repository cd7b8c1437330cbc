//! Placeholder for the crate's map.
