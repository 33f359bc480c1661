# The statement
statement-title = Your statement
statement-empty = There is nothing here yet. After you have taken part in an activity, its points and hours appear here.
statement-size = As of { $size } records in the journal
kind-attendance = earned
kind-redemption = redemption
kind-reversal = reversal
kind-expiry = expired
kind-earning-reversal = taken back
kind-other = other
change-points = { $points } points
change-hours = service time +{ $hours }
change-hours-back = service time −{ $hours }
more-owed = { $points } points, spent already, are owed
owed-settled = { $points } points settled what was owed
owed-after = still owed afterwards: { $points } points
points-after = balance afterwards: { $points } points
receipt-of = Receipt { $number }
reason-cut = { $served } minutes served, of which { $counted } count
reason-time = { $hours } h × { $rate } points an hour × { $service } for the kind of service × { $assessment } for the assessment
reason-points = = { $points } points
reason-rounded = = { $exact }, rounded to { $points } points
award-organiser = for organising the activity: +{ $points } points
award-service-day = first service day of the month: +{ $points } points
award-theme = theme month: +{ $points } points
redeemed-line = × { $pieces }, { $points } points each
