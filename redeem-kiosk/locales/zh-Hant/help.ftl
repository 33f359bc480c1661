help-title = 請叫工作人員
help-lead = 請向工作人員招招手。您辦到哪裡，機器記著。
help-go-on-button = 接著辦
staff-button = 我是工作人員
staff-note = 工作人員按了，這次辦理就結束。
