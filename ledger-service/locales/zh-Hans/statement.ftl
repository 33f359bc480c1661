# The statement
statement-title = 积分明细
statement-empty = 还没有记录。参加活动以后，积分和时长会记在这里。
statement-size = 截至第 { $size } 条记录
kind-attendance = 存入
kind-redemption = 兑换
kind-reversal = 冲正（退回）
kind-expiry = 过期
kind-earning-reversal = 收回积分
kind-other = 其他
change-points = { $points } 分
change-hours = 时长 +{ $hours }
change-hours-back = 时长 −{ $hours }
more-owed = 已经用掉、先欠着的：{ $points } 分
owed-settled = 有 { $points } 分还了以前欠的
owed-after = 之后还欠 { $points } 分
points-after = 之后余额 { $points } 分
receipt-of = 看回执 { $number }
reason-cut = 服务 { $served } 分钟，计分 { $counted } 分钟
reason-time = { $hours } 小时 × 每小时 { $rate } 分 × 服务系数 { $service } × 评价系数 { $assessment }
reason-points = = { $points } 分
reason-rounded = = { $exact }，取整 { $points } 分
award-organiser = 组织活动 +{ $points } 分
award-service-day = 本月首次志愿服务日 +{ $points } 分
award-theme = 主题月 +{ $points } 分
redeemed-line = × { $pieces }，每件 { $points } 分
