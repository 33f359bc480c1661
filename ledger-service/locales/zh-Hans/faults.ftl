# 镇上的文件哪里不对：先说是什么，再说怎么办。

known-differently = 银行里这项活动的 { $column } 不一样，而且已经按它给过积分。请改好这一行，或者给活动换一个新的 activity_id。
file-missing = 没有这个文件。请补上，和别的文件一起再导入一次。
files-missing = 没有这个文件，也没有 { $others }。请补上，和别的文件一起再导入一次。
unreadable = 文件读不出来（{ $reason }）。请看看它是不是能打开的文件，再试一次。
file-empty = 文件是空的。请写上表头那一行，没有别的行也要写。
column-missing = 表头里没有这一列。请补上，名称要写得一模一样。
no-header = 这一行应该是各列的名称，可是一个也没有。请删掉表头上面的内容，或者写上：{ $columns }
not-commas = 各列是用 { $separator } 隔开的，不是逗号。请另存为“CSV UTF-8”，用逗号隔开。
column-repeated = 表头里这一列不止一个，请只留一个。
field-count = 这一行有 { $found } 格，表头有 { $expected } 格。请让每一列只有一格；文字里有逗号的，请用英文双引号括起来。
row-too-long = 这一行超过了 { $limit } 个字节。请看看是不是有双引号没有配对，或者把这一行改短。
quote-not-closed = 有一个双引号没有配对，请补上或者删掉。
not-utf8 = 文字的编码不是 UTF-8，请另存为“CSV UTF-8”。
control-character = 文字里有看不见的控制字符 { $character }，请删掉文字，重新输入。
text-too-long = 文字有 { $found } 个字，请改短，最多 { $limit } 个字。
field-empty = 这一格是空的，请填写。
no-letter = 姓名里一个字也没有，请写上姓名。
not-a-receipt-code = 这里写的{ $value }不能作编号，请只用英文字母、数字和 . _ : / -
not-an-integer = 这里写的{ $value }不是整数，请只写数字，例如 25。
out-of-range = 这里写的{ $value }太小或太大，请写 { $lowest } 到 { $highest } 的整数。
not-a-coefficient = 这里写的{ $value }不是系数，请写 0 到 { $highest } 的数，最多 { $places } 位小数，例如 1.25。
not-among = 这一列里不能写{ $value }，请写其中一个：{ $allowed }
not-a-date = 这里写的{ $value }不是日期，请写成 2026-03-05 这样。
not-a-time = 这里写的{ $value }不是时间，请写成 2026-03-05T18:30 这样，从 00:00 到 23:59。
not-a-card-number = 这里写的{ $value }不是卡号，请写卡上的十位数字，最后两位是校验码。
repeated = 这里写的{ $value }在第 { $first_line } 行已经有了，请只留一行。
unknown = { $file } 里没有这里写的{ $value }。请在那里补上一行，或者改好这一行。
unit-under-itself = 单位{ $value }绕了一圈又归自己管。请改好上级单位，一直归到镇上。
end-not-after-start = 活动结束不在开始之后，请改好开始或结束的时间。
date-not-of-start = 活动的日期不是开始的那一天。请写开始的那一天，过了半夜的也一样。
longer-than-a-day = 活动超过 24 小时。请改好开始或结束的时间，或者每天各写一项。
year-out-of-range = 活动不在 1970 年到 9999 年之间，请改好年份。

# 值得看一看的。
unknown-organiser = volunteers.csv 里没有组织者的卡号{ $value }，要是银行里也没有，组织者的积分就没有人得。请补上这位志愿者，或者改好这一行。
stock-opened = 银行里这项库存开始时是 { $opened }，不是 { $pieces }。导入只能开一次库存，这次没有改。要添货，请另加一种兑换品，用新的 SKU。
