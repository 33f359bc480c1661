how-many-title = 换几件？
how-many-lead = { $name }，每件 { $points } 分
how-many-each = 每件
pieces-unit = { $pieces } 件
how-many-times-title = 换几次？
how-many-times-lead = { $name }，每次 { $points } 分
how-many-each-time = 每次
times-unit = { $pieces } 次
