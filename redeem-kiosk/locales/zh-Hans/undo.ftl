undo-title = 要撤销这次兑换吗？
undo-lead = 积分会退回来。拿了东西的，请还给工作人员。
undo-yes-button = 撤销
