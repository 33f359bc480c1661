found-title = 回執
found-standing = 有效
found-reversed = 已撤銷
found-partly = 部分已退
found-left = 還沒退的
found-is-reversal = 撤銷時開的回執
found-issued = 時間
reverse-button = 撤銷這次兌換
