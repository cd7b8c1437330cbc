//! Checked bodies to graphs, one function a kind of node.
//!
//! In: [`crate::tree::Body`] and layouts. Out: functions and globals of a [`koru_flow::Graph`]. Total:
//! whatever the checks accepted is lowered.
