//! How points are earned: activities, attendance, the policy that prices it, and the reason each posting keeps.

pub mod activity;
pub mod attendance;
pub mod policy;
pub mod reason;

pub use activity::{Activity, ActivityPlan};
pub use attendance::{Assessed, AttendanceSheetRow, Past, Span, assess};
pub use policy::{Award, EarningRule, Grade, Policy, ServiceType};
pub use reason::{Language, Reason};
