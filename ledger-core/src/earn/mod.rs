//! How points are earned: activities, attendance, the policy that prices it, and the reason each posting keeps.

pub mod activity;
pub mod attendance;
pub mod policy;
pub mod reason;
pub mod reversal;

pub use activity::{Activity, ActivityId, ActivityPlan, ActivityRow, TitleRow};
pub use attendance::{Assessed, AttendanceRow, AttendanceSheetRow, History, Past, Span, assess};
pub use policy::{Award, EarningRule, Grade, InForce, Policy, PolicyRow, ServiceType};
pub use reason::Reason;
