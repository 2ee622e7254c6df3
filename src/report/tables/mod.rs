//! Takes rows as they come, gives them as tables in CSV and Parquet, never with a schema that only one of them knows.

mod calls;
mod choice;
mod column;
mod csv;
mod files;
mod findings;
mod messages;
mod metrics;
mod page;
mod parquet;
mod streams;

pub use calls::calls;
pub use choice::{Choice, Format, Name};
pub use column::{Cell, Column, Kind, Table};
pub use csv::CsvTable;
pub use files::Tables;
pub use findings::findings;
pub use messages::messages;
pub use metrics::metrics;
pub use page::Page;
pub use parquet::{CAPTURES_KEY, ParquetTable, SCHEMA_KEY};
pub use streams::streams;
