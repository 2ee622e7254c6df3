//! Takes sessions that are over with the moments of the load, gives the ratios and delays of RFC 6076 and their companions, never a threshold.

mod admission;
mod bandwidth;
mod breakdown;
mod buckets;
mod capacity;
mod carriage;
mod contrast;
mod dimension;
mod distribution;
mod erlang;
mod excursions;
mod gate;
mod gauge;
mod hypergeometric;
mod load;
#[cfg(test)]
mod oracle;
pub mod quality;
mod registration;
mod seconds;
pub mod series;
mod tally;

pub use admission::{Fates, LimitLoad};
pub use bandwidth::{Bandwidth, Blank, Cause, MediaRoute};
pub use breakdown::{Breakdown, Facet, MOST_CELLS, MOST_VALUES, Slot};
pub use capacity::{Begun, Borne, Capacity, Live, Part, Quarter, Seen};
pub use carriage::{Carriage, Pieces};
pub use contrast::{Example, Fate, Grain, Met, Property};
pub use dimension::Dimension;
pub use distribution::Distribution;
pub use erlang::{circuits, erlang_b};
pub use excursions::Excursion;
pub use gauge::{Gauge, Rate};
pub use hypergeometric::upper_tail;
pub use load::{Carried, Load, Route, Slice};
pub use quality::{MILLIONTHS, Quality, Rated};
pub use registration::{Challenged, Registration, RegistrationEnd};
pub use seconds::{Levels, Seconds};
pub use series::Timeline;
pub use tally::{Cluster, Ratio, Tally};
