card-title = 请输入卡号
card-lead = 卡号有十位，印在积分卡上。
