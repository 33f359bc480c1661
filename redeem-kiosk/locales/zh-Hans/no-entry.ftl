no-entry-title = 请从驿站机器打开
no-entry-lead = 这个页面只能由本机的启动程序打开。请重新启动机器，或找工作人员。
