//! Why a posting earned what it earned: kept in parts, put into words at the edge.

use rust_decimal::Decimal;

use super::attendance::exact_points;
use super::{EarningRule, Grade, Policy};

/// A language that the ledger's own words come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 简体中文.
    SimplifiedChinese,
    /// English.
    English,
}

/// The parts of an earning: with the policy's version they say all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The activity's code.
    pub activity: String,
    /// Version of the policy that priced it.
    pub policy_version: i64,
    /// The earning rule's code.
    pub rule: String,
    /// The grade's code.
    pub grade: String,
    /// Minutes credited.
    pub minutes_credited: i64,
    /// Minutes that count towards points.
    pub minutes_counted: i64,
    /// Points for the time.
    pub time_points: i64,
    /// Points for organising.
    pub organiser_points: i64,
    /// Points for the month's first service day.
    pub service_day_points: i64,
    /// Points for the theme of the month.
    pub theme_points: i64,
}

impl Reason {
    /// The reason in words, a line for each part: how the time was priced, then what came on top.
    ///
    /// `90 分钟 → 1.5 小时 × 10 × 1.2 × 1.0 = 18 分`
    pub fn lines(&self, policy: &Policy, language: Language) -> Vec<String> {
        let mut lines = Vec::new();
        if let (Some(rule), Some(grade)) = (policy.rules.get(&self.rule), policy.grades.get(&self.grade)) {
            lines.push(self.time_line(rule, grade, language));
        }
        let awards = [
            (self.organiser_points, &policy.organiser_award, "organiser"),
            (self.service_day_points, &policy.service_day_award, "first service day of the month"),
            (self.theme_points, &policy.theme_award, "theme month"),
        ];
        for (points, award, english) in awards.into_iter().filter(|(points, ..)| *points > 0) {
            lines.push(match language {
                Language::SimplifiedChinese => format!("{} +{points} 分", award.name),
                Language::English => format!("{english} +{points} points"),
            });
        }
        lines
    }

    /// `credited 109 → counted 90`, in whole half hours, times rate and coefficients; the exact product where rounding changed it.
    fn time_line(&self, rule: &EarningRule, grade: &Grade, language: Language) -> String {
        let Self { minutes_credited, minutes_counted, time_points, .. } = self;
        let hours = (Decimal::from(*minutes_counted) / Decimal::from(60)).normalize();
        let factors = format!("{} × {} × {}", rule.points_per_hour, rule.coefficient, grade.coefficient);
        let exact = exact_points(*minutes_counted, rule, grade).filter(|exact| *exact != Decimal::from(*time_points));
        let product = exact.map_or_else(|| format!("= {time_points}"), |exact| format!("= {exact} ≈ {time_points}"));
        let cut = minutes_credited != minutes_counted;
        match language {
            Language::SimplifiedChinese => {
                let from = if cut { format!("服务 {minutes_credited} 分钟,计 ") } else { String::new() };
                format!("{from}{minutes_counted} 分钟 → {hours} 小时 × {factors} {product} 分")
            }
            Language::English => {
                let from = if cut { format!("{minutes_credited} minutes served, ") } else { String::new() };
                let counted = if cut { " counted" } else { "" };
                format!("{from}{minutes_counted} minutes{counted} → {hours} hours × {factors} {product} points")
            }
        }
    }
}
