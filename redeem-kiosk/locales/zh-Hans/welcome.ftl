welcome-title = 请扫积分卡
welcome-lead = 把卡上的二维码对准扫码口。
begin-button = 输入卡号
begin-note = 没带卡、扫不出来，也可以用。
news-done = 编号 { $reference }：已换好，回执 { $number }。
news-refused = 编号 { $reference }：没有换成，积分没有动。
news-reversed = 编号 { $reference }：已撤销，回执 { $number }。
news-help = 刚才没等到结果的人，请找工作人员。
