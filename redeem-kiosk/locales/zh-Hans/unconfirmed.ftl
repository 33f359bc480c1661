unconfirmed-title = 还没有确认
unconfirmed-warning = 请先不要拿东西。
unconfirmed-lead = 现在还不知道换成了没有。
unconfirmed-note = 机器会接着办，最多换一次。记下编号，可以问工作人员。
unconfirmed-doubt = 收到的回执对不上，请叫工作人员。
keep-waiting-button = 接着等
