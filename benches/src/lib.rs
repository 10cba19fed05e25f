//! Measurements of Floe. Each bench target says in its head comment what it measures and
//! how to run it; the library will hold the workloads they share.
