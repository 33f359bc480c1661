# Every page
bank-name = 宝玉兰积分银行
demo-banner = 演示数据：人和记录都是虚构的
skip-link = 跳到正文
text-size-label = 文字大小
text-large = 大
text-larger = 特大
text-largest = 超大
language-label = 语言
footer-note = 积分用来表扬和感谢，不是钱，不能换成钱。
home-link = 回首页
error-heading = 没有成功
reference = 参考编号 { $code }
hours-and-minutes = { $hours } 小时 { $minutes } 分钟
hours-alone = { $hours } 小时
minutes-alone = { $minutes } 分钟
older-button = 看更早的
newest-button = 回到最新的
