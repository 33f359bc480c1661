check-title = 请看一看，对不对？
check-who = 谁换
card-tail = 卡号尾号 { $tail }
check-what = 换什么
check-points = 用多少
points-before = 现在有
points-after = 换后剩
confirm-button = 确认兑换
