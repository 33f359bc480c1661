card-title = 請輸入卡號
card-lead = 卡號有十位，印在積分卡上。
