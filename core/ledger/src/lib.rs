//! Money moves, is never made or lost.
