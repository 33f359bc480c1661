# Every page
bank-name = 寶玉蘭積分銀行
demo-banner = 演示資料：人和記錄都是虛構的
skip-link = 跳到正文
text-size-label = 文字大小
text-large = 大
text-larger = 特大
text-largest = 超大
language-label = 語言
footer-note = 積分用來表揚和感謝，不是錢，不能換成錢。
home-link = 回首頁
error-heading = 沒有成功
reference = 參考編號 { $code }
hours-and-minutes = { $hours } 小時 { $minutes } 分鐘
hours-alone = { $hours } 小時
minutes-alone = { $minutes } 分鐘
older-button = 看更早的
newest-button = 回到最新的
