# Staff log in
staff-title = 工作人员登录
staff-credential = 凭据
staff-credential-hint = 管理员给的一串文字，以 pb_ 开头。
staff-wrong = 凭据不对，或者已经失效。请再粘贴一次，或者请管理员发一个新的。
staff-may-not = 这个凭据不能导入数据。请用全镇协调员或管理员的凭据。
staff-not-taken = 登录已经结束，刚才的文件没有收下，什么也没有改变。请先登录，再选一次文件上传。
