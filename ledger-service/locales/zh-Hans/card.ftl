# The card
card-title = 我的卡
card-note = 兑换时，给工作人员看这一页。
card-active = 可以使用
card-blocked = 已挂失，不能使用
card-qr = 卡号的二维码
card-holder = 持卡人
