unable-title = 暂时不能兑换
unable-away = 现在连不上，什么也没有办，积分没有动。
unable-outbox = 机器存不了记录，什么也没有办，积分没有动。
unable-outbox-gone = 机器的记录不见了，什么也没有办，积分没有动。请叫工作人员。
unable-later = 恢复以后，就可以扫积分卡。有急事请找工作人员。
try-again-every = 每 { $seconds } 秒自动再试一次。
