found-title = 回执
found-standing = 有效
found-reversed = 已撤销
found-partly = 部分已退
found-left = 还没退的
found-is-reversal = 撤销时开的回执
found-issued = 时间
reverse-button = 撤销这次兑换
