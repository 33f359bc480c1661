erase-button = 退一格
submit-button = 确定
digits-typed = 已输入 { $count } 位
