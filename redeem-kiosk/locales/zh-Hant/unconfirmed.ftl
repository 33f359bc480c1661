unconfirmed-title = 還沒有確認
unconfirmed-warning = 請先不要拿東西。
unconfirmed-lead = 現在還不知道換成了沒有。
unconfirmed-note = 機器會接著辦，最多換一次。記下編號，可以問工作人員。
unconfirmed-doubt = 收到的回執對不上，請叫工作人員。
keep-waiting-button = 接著等
