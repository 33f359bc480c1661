check-title = Is this right?
check-who = For
card-tail = card ending in { $tail }
check-what = What
check-points = Costs
points-before = You have
points-after = You will have
confirm-button = Yes, redeem
