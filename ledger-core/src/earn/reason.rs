//! Why an attendance earned what it earned. The ledger keeps the reason in
//! parts, and puts it into words for the reader.

use rust_decimal::Decimal;

use super::attendance::exact_points;
use super::{EarningRule, Grade, Policy};
use crate::language::Language;

/// The parts of what an attendance earned. Together with the policy they explain every point.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Reason {
    pub activity: String,
    /// The version of the policy that set the price.
    pub policy_version: i64,
    pub rule: String,
    pub grade: String,
    /// Minutes of the attendance that lie within its activity.
    pub minutes_credited: i64,
    /// Minutes that count towards points, after the limits.
    pub minutes_counted: i64,
    /// Points for the time, after rounding.
    pub time_points: i64,
    /// Points for organising the activity, or 0.
    pub organiser_points: i64,
    /// Points for the volunteer's first service day of the month, or 0.
    pub service_day_points: i64,
    /// Points for helping with the theme of the month, or 0.
    pub theme_points: i64,
}

impl Reason {
    /// Puts the reason into words, one line for each part: first the points for the time, then each award.
    ///
    /// `90 分钟 → 1.5 小时 × 10 × 1.2 × 1.0 = 18 分`
    pub fn lines(&self, policy: &Policy, language: Language) -> Vec<String> {
        let mut lines = Vec::new();
        if let (Some(rule), Some(grade)) = (policy.rules.get(&self.rule), policy.grades.get(&self.grade)) {
            lines.push(self.time_line(rule, grade, language));
        }
        let awards = [
            (self.organiser_points, &policy.organiser_award, "組織活動", "organiser"),
            (self.service_day_points, &policy.service_day_award, "當月首個服務日", "first service day of the month"),
            (self.theme_points, &policy.theme_award, "主題月", "theme month"),
        ];
        for (points, award, traditional, english) in awards.into_iter().filter(|(points, ..)| *points > 0) {
            lines.push(match language {
                Language::SimplifiedChinese => format!("{} +{points} 分", award.name),
                Language::TraditionalChinese => format!("{traditional} +{points} 分"),
                Language::English => format!("{english} +{points} points"),
            });
        }
        lines
    }

    /// Shows how many minutes count, and multiplies the hours by the rate and the coefficients. Adds the exact product
    /// if rounding changed it.
    fn time_line(&self, rule: &EarningRule, grade: &Grade, language: Language) -> String {
        let Self { minutes_credited, minutes_counted, time_points, .. } = self;
        let hours = (Decimal::from(*minutes_counted) / Decimal::from(60)).normalize();
        let factors = format!("{} × {} × {}", rule.points_per_hour, rule.coefficient, grade.coefficient);
        let exact = exact_points(*minutes_counted, rule, grade).filter(|exact| *exact != Decimal::from(*time_points));
        let product = exact.map_or_else(|| format!("= {time_points}"), |exact| format!("= {exact} ≈ {time_points}"));
        let cut = minutes_credited != minutes_counted;
        match language {
            Language::SimplifiedChinese => {
                let from = if cut { format!("服务 {minutes_credited} 分钟，计 ") } else { String::new() };
                format!("{from}{minutes_counted} 分钟 → {hours} 小时 × {factors} {product} 分")
            }
            Language::TraditionalChinese => {
                let from = if cut { format!("服務 {minutes_credited} 分鐘，計 ") } else { String::new() };
                format!("{from}{minutes_counted} 分鐘 → {hours} 小時 × {factors} {product} 分")
            }
            Language::English => {
                let from = if cut { format!("{minutes_credited} minutes served, ") } else { String::new() };
                let counted = if cut { " counted" } else { "" };
                format!("{from}{minutes_counted} minutes{counted} → {hours} hours × {factors} {product} points")
            }
        }
    }
}
