# The card
card-title = 我的卡
card-note = 兌換時，給工作人員看這一頁。
card-active = 可以使用
card-blocked = 已掛失，不能使用
card-qr = 卡號的 QR Code
card-holder = 持卡人
