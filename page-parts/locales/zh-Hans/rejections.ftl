# 每一种「不行」：发生了什么，该怎么办。编号就是接口里的代码。

# 请求本身
id-conflict = 这个编号已经用来办过别的事，请换一个新编号。
invalid-field = { $field }填得不对（{ $expected }），请改好再试。
invalid-field-of-rows = 这些行里有一格没填、太长，或者写得不对，请改好再试。

# 户头和数目
unknown-commodity = 还没有 { $commodity } 这一类，请先设定，再来使用。
commodity-defined = { $commodity } 这一类已经设定过，小数有 { $scale } 位。请用原来的，或换一个名称。
unknown-account = 没有 { $address } 这个户头，请先开户。
account-exists = 已经有 { $address } 这个户头，请直接用它，或换一个名称。
reserved-account = { $address } 这个户头归本镇管，不能直接记账，请改用登记服务、撤销回执等办法。
account-not-open = { $address } 这个户头停用了，请用别的户头，或找管理员。
account-not-empty = { $address } 这个户头里还有 { $quantity }，请先转走再关。
account-in-hold = { $address } 这个户头里还有预留的，请先领取或取消，再关户头。
no-entries = 什么也没有写，请写清楚从哪里减、加到哪里。
account-repeated = { $address } 这个户头写了两次，请合在一起。
unbalanced = { $commodity } 加的和减的不一样多，请核对数目。
below-floor = { $address } 这个户头只有 { $available } 可用，不够 { $asked }，请改少一点。
condition-failed = 要求 { $address } 这个户头{ $condition } { $bound }，实际是 { $found }，请看看再办。
quantity-out-of-range = 数目是零，或者太大，请改好再试。
expiry-required = { $address } 这个户头有有效期，请写明可以用到什么时候。
lots-mismatch = { $address } 这个户头里没有写的那几批，请再看一看。

# 撤销
unknown-record = 没有第 { $position } 号记录，请再看一看编号。
not-reversible = 第 { $position } 号记录不能撤销：它本身就是撤销，或者没有动过数目。请再看一看编号。
nothing-left-to-reverse = 第 { $position } 号记录剩下的没有这么多，请改少一点，或看看以前撤销过多少。

# 预留
hold-exists = { $hold } 这个预留号用过了，请换一个新号。
unknown-hold = 没有 { $hold } 这个预留号，请再看一看。
hold-closed = { $hold } 预留的已经领取或取消，不用再办。
hold-expired = { $hold } 的预留时间已过，预留的已经放回，请重新办理。
beyond-hold = { $address } 这个户头预留了 { $remaining }，不是 { $asked }，请改少一点。
lot-expired = { $address } 这个户头要得到的已经过期，请取消预留，重新办理。

# 过期
nothing-expired = 没有过期的，也没有超时的预留，现在不用办，请以后再来。

# 限额
over-limit-in-window = { $address } 这个户头这段时间最多可用 { $quantity }（限额 { $limit }），已经用了 { $used }，再用 { $asked } 就超了。请改少一点，或到 { $ends_on } 再办。

# 登记
not-a-town = 这家银行只记账，没有志愿者、活动和兑换，请换一家为镇上开的银行。
already-registered = { $code_of } 已经是这样了，不用再办。
already-registered-policy = 积分规则已经设定过，内容一样，不用再办。
registered-differently = { $code_of } 已经登记过，原来的{ $field }不一样，而且不能改。请核对一下，或换一个编号。
unknown-unit = 没有 { $unit } 这个单位，请再看一看，或者先登记。
unknown-team = 没有 { $team } 这支队伍，请再看一看，或者先登记。
unknown-service-type = 没有 { $service_type } 这种服务，请再看一看。
unknown-service-type-of-rows = 积分规则里没有这些活动的服务种类，请再看一看。
invalid-policy = 积分规则写得不对（{ $fault }），请改好再试。
invalid-policy-of-rows = 积分规则写得不对，请改好再试。

# 谁可以办
credential-exists = 已经有 { $credential } 这个凭据，请换一个编号。
unknown-credential = 没有 { $credential } 这个凭据，请再看一看编号。
already-revoked = { $credential } 这个凭据已经收回，不用再办。

# 出勤
card-check-digits = 卡号不对，请再看一看卡上的十位数字。
unknown-card = 没有人用这个卡号，请再看一看卡上的十位数字。
unknown-activity = 没有这个活动，请核对活动编号。
unknown-grade = 没有这个评价等级，请核对一下。
missing-check-out = 没有签退时间，请补上再试。
invalid-time = 时间写得不对，请写成 2026-11-24T09:00 这个样子。
check-out-not-after-check-in = 签退不比签到晚，请核对时间。
not-over-yet = 这次出勤还没有结束，请结束以后再录入，或核对时间。
same-person-entered-and-confirmed = 录入和确认的是同一个人，请另一个人来确认。
already-recorded = 这次出勤以前记过了，这一次什么也没有改。如果后来改过时间或等级，请告诉管理员。
outside-activity = 这段时间不在活动里，请核对时间。
before-consent = 服务开始得比志愿者的同意日期早，或者没有填同意日期，请核对这两项。
overlaps-other-attendance = 这段时间已经记在另一个活动里，请核对时间。

# 兑换
card-blocked = 这张卡已挂失，请找工作人员。
no-visit = 这次办理已经结束了。请再扫一次卡。
unknown-station = 没有 { $station } 这个驿站，请核对编号。
unknown-item = { $sku } 现在不能换，请换一样。
invalid-pieces = 请至少选一样，每样至少一件。
too-many-lines = 一次最多换 { $lines_max } 样，请分两次换。
item-repeated = { $sku } 写了两次，请把件数加在一起。
price-changed = 需要的积分刚刚改了：现在要 { $points } 分，不是 { $points_shown } 分。请重新选择。
out-of-stock =
    { $pieces_left ->
        [0] 不巧，{ $sku } 刚刚换完了，请换一样。
       *[other] 不巧，{ $sku } 只剩 { $pieces_left } 份了，请少换一点，或换一样。
    }
over-limit = { $sku } 每月最多换 { $monthly_limit } 份，这个月已经换了 { $pieces_had } 份。请下个月再换。
insufficient-points = 积分不够：要 { $points } 分，可用 { $points_spendable } 分。请换一样。
points-expired = 积分不够：要 { $points } 分，可用 { $points_spendable } 分，另有 { $points_expired } 分过了有效期。请换一样。
points-owed = 以前的积分更正过，还欠 { $points_owed } 分。请先参加活动，新得的积分会先补上。
receipt-too-long = 一张回执写不下这么多，请分两次换。

# 库存和撤销
stock-open = { $station } 的 { $sku } 已经登记过库存，不用再办。
unknown-receipt = 没有这个回执号，请再看一看。
not-a-redemption = 这是撤销的回执，不能再撤销。还想换的，请重新换一次。
beyond-redemption = { $sku } 只剩 { $pieces_left } 件可以退，请改少一点。
redemption-by-lines = 只退一部分，请写明退回执上的哪几样。
already-reversed = 这次兑换已经撤销过了，不用再办。

# 哪一项填得不对
field-name = 名称
field-accounts = 限额管的户头
field-activity = 活动编号
field-actor = 操作人
field-building-group = 楼群
field-card = 卡号
field-check-out = 签退时间
field-confirmed-by = 确认人
field-consent-on = 同意日期
field-cost-fen-limit = 成本或每月限额
field-credential = 凭据编号
field-date = 日期
field-device = 设备
field-end = 结束时间
field-ends-at = 结束时间
field-entered-by = 录入人
field-expires-at = 过期时间
field-floor = 下限
field-grid = 网格
field-hold = 预留号
field-kind = 种类
field-level = 级别
field-limit = 限额编号
field-motto = 口号
field-on-behalf-of = 代办的对象
field-organiser = 组织者
field-origin = 来源
field-partner = 共建单位编号
field-pieces = 件数
field-points = 积分
field-pseudonym = 化名
field-quantity = 数目
field-reason = 理由
field-scale = 小数位数
field-service-day = 服务日
field-service-type = 服务种类
field-sex = 性别
field-sku = 供应项编号
field-source = 来源
field-start = 开始时间
field-station = 驿站
field-team = 队伍
field-title = 标题
field-unit = 单位编号
field-until = 截止时间
field-valid-until = 到期时间
field-verifier = 密码的验证值

# 应该是什么样
condition-minimum = 至少
condition-maximum = 至多
condition-version = 的版本是
expected-text-200 = 最多 200 个字，不能有换行、制表符或改变文字方向的符号
expected-text-64 = 最多 64 个字，不能有换行、制表符或改变文字方向的符号
expected-label-64 = 1 到 64 个字，不能有换行、制表符或改变文字方向的符号
expected-name-200 = 要有文字，最多 200 个字，不能有换行、制表符或改变文字方向的符号
expected-somebody = 要写明是谁，不能空着
expected-code-64 = 1 到 64 个英文字母、数字或 . _ : / - 这些符号
expected-code-16 = 1 到 16 个英文字母、数字或 . _ : / - 这些符号
expected-code-8 = 1 到 8 个英文字母、数字或 . _ : / - 这些符号
expected-prefix-120 = 1 到 120 个英文字母、数字或 . _ : / - 这些符号，最后一个是 /
expected-decimal-places-9 = 0 到 9 位小数
expected-zero-or-less = 不能大于零；有有效期的户头只能是零
expected-zero-or-more = 不能小于零
expected-quantity-or-minus-one = 0 到 9,007,199,254,740,991；-1 是取消限额
expected-one-or-more = 至少是一
expected-later-than-start = 要比开始时间晚
expected-hours-24 = 最晚在开始后 24 小时
expected-day-of-start = 要是开始的那一天
expected-years-1970-to-9999 = 要在 1970 年到 9999 年之间
expected-day-or-empty = 要有这一天，写成 2026-11-24 这个样子，也可以空着
expected-later-than-now = 要比现在晚
expected-not-later-than-now = 不能比现在晚
expected-days-366 = 最多提前 366 天
expected-one-station = 柜员和设备要写明在哪个驿站
expected-no-station = 志愿者和管理员不属于任何驿站，要空着
expected-no-card = 只有志愿者的凭据才有卡号，别的要空着
expected-argon2id = 要用 Argon2id 算出来，最多 300 个字

# 积分规则哪里不对
fault-not-set = 还没有设定
fault-unknown-rule = { $service_type } 这种服务用的规则 { $rule } 没有写
fault-not-a-label = 编号“{ $code_of }”要改成 1 到 64 个字，不能有换行、制表符或改变文字方向的符号
fault-rule-out-of-range = 规则 { $rule } 每小时的积分要在 0 到 1,000,000 之间，系数要在 0 到 1,000 之间，最多 6 位小数
fault-grade-out-of-range = 等级 { $grade } 的系数要在 0 到 1,000 之间，最多 6 位小数
fault-award-out-of-range = 附加积分要在 0 到 1,000,000 之间
fault-limit-out-of-range = 分钟数要在 1 到 100,000 之间，有效年数要在 0 到 1,000 之间
