refused-title = 没有换成
nothing-done = 积分没有动。
card-blocked-title = 这张卡现在不能用
points-safe = 您的积分都还在。
choose-again-button = 重新选择
