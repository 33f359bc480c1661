help-title = 请叫工作人员
help-lead = 请向工作人员招招手。您办到哪儿，机器记着。
help-go-on-button = 接着办
staff-button = 我是工作人员
staff-note = 工作人员按了，这次办理就结束。
