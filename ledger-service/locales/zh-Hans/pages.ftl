# Every page
bank-name = 宝玉兰积分银行
demo-banner = 演示数据：人和记录都是虚构的
skip-link = 跳到正文
text-size-label = 文字大小
text-large = 大
text-larger = 特大
text-largest = 超大
language-label = 语言
footer-note = 积分用来表扬和感谢，不是钱，不能换成钱。
home-link = 回首页
error-heading = 没有成功
reference = 参考编号 { $code }
hours-and-minutes = { $hours } 小时 { $minutes } 分钟
hours-alone = { $hours } 小时
minutes-alone = { $minutes } 分钟
wait-seconds = 试的次数太多了。请等 { $seconds } 秒再试，或者请驿站的工作人员帮忙。
wait-minutes = 试的次数太多了。请等 { $minutes } 分钟再试，或者请驿站的工作人员帮忙。
back-to-balance-link = 回我的积分
back-to-receipts-link = 回我的回执
back-to-imports-link = 回导入数据
older-button = 看更早的
newest-button = 回到最新的

# The start page
home-title = 志愿者的积分
home-lead = 做志愿服务，存下服务时长和积分。积分可以在驿站兑换物品和服务。
home-points-button = 看我的积分
home-points-note = 用积分卡号和密码登录。
home-verify-button = 验证回执
home-verify-note = 看一张回执是不是真的，谁都可以查，不用登录。
home-help = 不会用手机？带上积分卡，到任何一个驿站，工作人员帮您查。
staff-link = 工作人员：导入数据
api-link = 程序接口说明

# To log in
login-title = 登录
card-number = 积分卡号
login-card-hint = 卡上的 10 位数字，可以粘贴。
pin = 密码
login-pin-hint = 6 位数字。
login-button = 登录
login-help = 忘了密码，或者还没有密码？请带上积分卡，到驿站找工作人员。
login-empty = 卡号和密码都要填。请填好再登录。
login-wrong = 卡号或密码不对，或者这张卡已挂失。请看清卡号，再输一次密码；还是不行，请到驿站找工作人员。
login-over = 请登录。登录过的，时间到了会自动退出。
login-left = 您已退出登录。
login-left-everywhere = 所有手机和电脑上都已退出登录。
login-not-kept = 这个浏览器没有记住登录。请用 https 开头的网址打开，允许使用 Cookie，或者换一个浏览器。
link-title = 一次性登录
link-lead = 点下面的按钮登录。这个链接只能用一次。
link-used-title = 这个链接不能用了
link-used-text = 这个链接已经用过，或者过了时间。请用卡号和密码登录，或者请工作人员再给一个。
link-pin-button = 用卡号和密码登录
logout-button = 退出登录
logout-everywhere-button = 在所有设备上退出
logout-everywhere-note = 手机丢了，或者在别人的手机上登录过？点这里。

# The balance
me-title = 我的积分
me-greeting = ，您好
me-as-of = 截至 { $time }
me-offline = 离线：这是 { $time } 时的余额
me-blocked = 这张卡已挂失，不能兑换。积分和时长都还在。请到驿站找工作人员恢复。
points-heading = 可用积分
points-unit = 分
points-none = 现在没有可用的积分。
points-expired = 另有 { $points } 分已经过期，不能再用。
expiry-heading = 用到什么时候
expiry-line = { $points } 分，可用到 { $day }
expiry-soon = 快到期了
hours-heading = 服务时长
hours-unit = 小时
minutes-unit = 分钟
hours-note = 服务时长不会过期，兑换也不会减少。
card-link = 出示我的卡
statement-link = 看积分明细
receipts-link = 看我的回执

# The statement
statement-title = 积分明细
statement-empty = 还没有记录。参加活动以后，积分和时长会记在这里。
kind-attendance = 存入
kind-redemption = 兑换
kind-reversal = 冲正（退回）
kind-other = 其他
change-points = { $points } 分
change-hours = 时长 +{ $hours }
points-after = 之后余额 { $points } 分
receipt-of = 看回执 { $number }
reason-cut = 服务 { $served } 分钟，计分 { $counted } 分钟
reason-time = { $hours } 小时 × 每小时 { $rate } 分 × 服务系数 { $service } × 评价系数 { $assessment }
reason-points = = { $points } 分
reason-rounded = = { $exact }，取整 { $points } 分
award-organiser = 组织活动 +{ $points } 分
award-service-day = 本月首次志愿服务日 +{ $points } 分
award-theme = 主题月 +{ $points } 分
redeemed-line = × { $pieces }，每件 { $points } 分

# Receipts
receipts-title = 我的回执
receipts-empty = 还没有回执。兑换以后，回执会在这里。
redemption-receipt-title = 兑换回执
reversal-receipt-title = 冲正回执
receipt-kind = 种类
receipt-number = 回执号
receipt-issued = 时间
receipt-station = 驿站
receipt-items = 内容
receipt-points = 积分
receipt-spent = 用去积分
receipt-given-back = 退回积分
receipt-left = 当时剩余积分
standing-good = 有效，没有冲正
standing-reversed = 已经冲正，积分已退回
standing-reversal = 这是一张冲正回执：积分已退回
receipt-qr = 回执的二维码
receipt-qr-note = 谁扫这个码，都可以验证这张回执是真的。
receipt-verify-button = 验证这张回执

# The card
card-title = 我的卡
card-note = 兑换时，给工作人员看这一页。
card-active = 可以使用
card-blocked = 已挂失，不能使用
card-qr = 卡号的二维码
card-holder = 持卡人

# Without a network
offline-title = 现在没有网络
offline-text = 这一页要连上网络才能看。请连上网络再试一次。
offline-balance-button = 看上次的余额

# To check a receipt
verify-title = 验证回执
verify-lead = 扫回执上的二维码，会自动打开这一页。也可以把码里的文字粘贴到下面。
verify-field = 二维码里的文字
verify-field-hint = 一个网址，或者三段用点隔开的字母和数字。
verify-here-button = 在这台设备上验证
verify-server-button = 请本站代查
verify-server-note = 代查弱一些：要相信本站的回答。不过只有本站知道，回执后来有没有冲正。
verify-working = 正在验证……
verify-good-heading = 回执是真的
verify-good-text = 这张回执由本银行签发，一个字也没有改过。验证只在这台设备上进行，没有发给任何人。
verify-limits = 这说明回执签发过，不说明现在仍然有效：后来可能冲正了。想知道，请点“请本站代查”。
verify-server-good = 本站查过：这张回执由本银行签发，没有改过。这是较弱的验证，因为您要相信本站。
verify-bad-heading = 不是有效的回执
verify-too-long = 文字太长，不是回执。请只粘贴一张回执的文字。
verify-not-three-parts = 文字不完整，不是回执。请重新扫码，或者把文字全部粘贴。
verify-unknown-key = 这不是本银行签发的回执。请看看是不是别的银行的。
verify-malformed-signature = 签名坏了：可能没有扫全，也可能被改过。请重新扫码。
verify-wrong-signature = 签名对不上：内容被改过，或者不是本银行签发的。不要相信它。
verify-malformed-payload = 内容不是回执的格式。不要相信它。
verify-unable-heading = 这台设备不能自己验证
verify-no-crypto = 浏览器太旧、关闭了脚本，或者网址不是 https 开头，缺少要用的功能。请换一个浏览器，或者粘贴文字，点“请本站代查”（弱一些）。
verify-no-keys = 取不到本银行的公钥。请连上网络再试。

# Staff
staff-title = 工作人员登录
staff-credential = 凭据
staff-credential-hint = 管理员给的一串文字，以 pb_ 开头。
staff-wrong = 凭据不对，或者已经失效。请再粘贴一次，或者请管理员发一个新的。
staff-may-not = 这个凭据不能导入数据。请用全镇协调员或管理员的凭据。
imports-title = 导入数据
import-files = 选择文件，可以多选
import-files-hint = 一次选齐全镇的文件：{ $files }
import-button = 上传并导入
import-files-wrong = 这些文件不能导入，什么也没有改变。请一次选齐全镇的文件，文件名要对：{ $files }
import-list-heading = 导入记录
import-list-empty = 还没有导入过。
import-title = 导入进度
import-rows = 出勤记录 { $done } / { $total } 行
import-reloads = 这一页每 2 秒自动更新。可以离开，导入会继续。
reload-button = 现在更新
import-uploaded = 上传时间
import-accepted = 已记录
import-refused = 被拒绝
import-hours = 服务时长
import-points = 积分
import-refused-heading = 被拒绝的行，按原因
import-report-button = 下载被拒绝的行
import-error-heading = 没有导入的原因
import-warnings-heading = 值得看一下的
state-queued = 排队中
state-checking = 正在检查文件
state-posting = 正在记录
state-done = 完成
state-failed = 没有导入

# What can go wrong
not-found-title = 没有这一页
not-found-text = 网址可能写错了，或者这一页已经不在了。请回首页再找。
forbidden-title = 没有权限
forbidden-text = 您的凭据不能做这件事，什么也没有改变。请问管理员。
cross-site-title = 请求没有通过
cross-site-text = 这个请求不是从本站的页面发出的，所以没有执行。请回首页，从这里再做一次。
too-large-title = 内容太大
too-large-text = 发来的内容太大，没有接收。请减少以后再试。
too-many-title = 请稍等一下
busy-title = 暂时不能用
busy-text = 系统正在准备，或者暂时连不上数据。什么也没有改变。请过一会儿再试。
bad-request-title = 没看懂这个请求
bad-request-text = 发来的内容不完整或者不对，什么也没有改变。请回到上一页再试。
broken-title = 出了问题
broken-text = 这是我们这边的问题。请过一会儿再试；还是不行，把参考编号告诉工作人员。
