//! Nothing: what is here are benchmarks.
