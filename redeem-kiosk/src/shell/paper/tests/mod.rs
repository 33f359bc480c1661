//! Slips are drawn, looked at as a camera would, encoded, read back, and sent to printers that are not there.

mod camera;
mod pictures;
mod printers;
mod rasters;
mod samples;
mod snapshots;
