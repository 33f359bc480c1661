undone-title = 已经撤销
undone-lead = 积分已经退回。拿了东西的，请还给工作人员。
points-back = 退回
