# What can go wrong
not-found-title = 没有这一页
not-found-text = 网址可能写错了，或者这一页已经不在了。请回首页再找。
forbidden-title = 没有权限
forbidden-text = 您的凭据不能做这件事，什么也没有改变。请联系管理员。
cross-site-title = 请求没有通过
cross-site-text = 这个请求不是从本站的页面发出的，所以没有执行。请回首页，再做一次。
too-large-title = 内容太大
too-large-text = 发来的内容太大，没有接收。请减少以后再试。
too-many-title = 请稍等一下
busy-title = 暂时不能用
busy-text = 系统正在准备，或者暂时连不上数据。什么也没有改变。请过一会儿再试。
bad-request-title = 没看懂这个请求
bad-request-text = 发来的内容不完整或者不对，什么也没有改变。请回到上一页再试。
broken-title = 出了问题
broken-text = 这是我们这边的问题。请过一会儿再试；还是不行，把参考编号告诉工作人员。
wait-seconds = 试的次数太多了。请等 { $seconds } 秒再试，或者请驿站的工作人员帮忙。
wait-minutes = 试的次数太多了。请等 { $minutes } 分钟再试，或者请驿站的工作人员帮忙。
