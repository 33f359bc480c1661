# Every way to say no: what happened, and what to do. The key of a sentence is the code in the API.

# The request itself
id-conflict = This number was used for something else before. Please use a new one.
invalid-field = The { $field } is not right: it must be { $expected }. Please correct it and try again.
invalid-field-of-rows = Something in these rows is empty, too long, or not written as it must be. Please correct it and try again.

# Accounts and quantities
unknown-commodity = The commodity { $commodity } is not defined. Please define it first.
commodity-defined = The commodity { $commodity } is defined already, with { $scale ->
        [one] one decimal place
       *[other] { $scale } decimal places
    }. Please use it as it is, or choose another name.
unknown-account = There is no account { $address }. Please open it first.
account-exists = The account { $address } exists already. Please use it, or choose another name.
reserved-account = The account { $address } belongs to the town. Please record an attendance or a redemption instead.
account-not-open = The account { $address } is frozen or closed. Please use another, or ask an administrator.
account-not-empty = The account { $address } still holds { $quantity }. Please empty it before it is closed.
account-in-hold = Something of the account { $address } is set aside. Please hand that over or cancel it before the account is closed.
no-entries = Nothing is written down. Please say what is taken from where, and where it goes.
account-repeated = The account { $address } occurs twice. Please add its entries up.
unbalanced = What is added and what is taken away differ in { $commodity }. Please look at the numbers again.
below-floor = The account { $address } has { $available } to take, not { $asked }. Please take less.
condition-failed = The account { $address } should have { $condition } { $bound }, not { $found }. Please look at it again.
quantity-out-of-range = A number is zero or too large. Please correct it and try again.
expiry-required = What the account { $address } holds can expire. Please say when it does.
lots-mismatch = The account { $address } does not hold the lots that were named. Please look again.

# What is taken back
unknown-record = There is no record { $position }. Please look at the number again.
not-reversible = The record { $position } cannot be taken back: it takes something back itself, or it moved nothing. Please look at the number again.
nothing-left-to-reverse = So much is not left of the record { $position }. Please take back less, or look at what was taken back before.

# What is set aside
hold-exists = Something was set aside under { $hold } before. Please use a new number.
unknown-hold = Nothing was set aside under { $hold }. Please look at the number again.
hold-closed = What was set aside under { $hold } has been handed over or cancelled. There is nothing more to do.
hold-expired = The time for { $hold } is over, and what was set aside is free again. Please begin anew.
beyond-hold = Of the account { $address } { $remaining } is set aside, not { $asked }. Please take less.
lot-expired = What the account { $address } would get has expired meanwhile. Please cancel it and begin anew.

# What has expired
nothing-expired = Nothing has expired, and nothing that was set aside is overdue. There is nothing to do, please come back later.

# Limits over time
over-limit-in-window = The account { $address } may use { $quantity } in this time ({ $limit }), and { $used } is used. { $asked } is too much. Please take less, or wait until { $ends_on }.

# Registration
not-a-town = This bank keeps accounts alone; it has no people, activities or offers. Please use a bank that was made for a town.
already-registered = { $code_of } stands like this already. There is nothing more to do.
already-registered-policy = The rules for points are set already, with the same content. There is nothing more to do.
registered-differently = { $code_of } is registered already with another { $field }, which cannot be changed. Please compare them, or choose another code.
unknown-unit = There is no unit { $unit }. Please look again, or register it first.
unknown-team = There is no team { $team }. Please look again, or register it first.
unknown-service-type = There is no kind of service { $service_type }. Please look again.
unknown-service-type-of-rows = The rules for points do not have the kind of service of these activities. Please look again.
invalid-policy = The rules for points are not right: { $fault }. Please correct them and try again.
invalid-policy-of-rows = The rules for points are not right. Please correct them and try again.

# Who may act
credential-exists = The credential { $credential } exists already. Please choose another code.
unknown-credential = There is no credential { $credential }. Please look at its code again.
already-revoked = The credential { $credential } was taken back before. There is nothing more to do.

# Attendance
card-check-digits = The card number is not right. Please look at the ten digits on the card again.
unknown-card = Nobody has this card number. Please look at the ten digits on the card again.
unknown-activity = There is no such activity. Please look at its code again.
unknown-grade = There is no such grade. Please look at it again.
missing-check-out = The check-out is missing. Please fill it in and try again.
invalid-time = The time is not right. Please write it like this: 2026-11-24T09:00.
check-out-not-after-check-in = The check-out is not after the check-in. Please look at the times again.
not-over-yet = This attendance is not over yet. Please send it again when it is over, or look at the times again.
same-person-entered-and-confirmed = The same person entered and confirmed this. Please let somebody else confirm it.
already-recorded = This attendance was recorded before, and nothing was changed now. If its times or its grade were corrected since, please tell an administrator.
outside-activity = The time is not within the activity. Please look at the times again.
before-consent = The service began before the day on which the volunteer gave consent, or that day was never entered. Please look at both.
overlaps-other-attendance = The volunteer was at another activity at that time. Please look at the times again.

# Redemption
card-blocked = This card is blocked. Please ask staff.
no-visit = The visit is over. Please scan the card again.
unknown-station = There is no station { $station }. Please look at its code again.
unknown-item = { $sku } is not available at the moment. Please choose something else.
invalid-pieces = Please choose at least one thing, and at least one piece of each.
too-many-lines = { $lines_max ->
        [one] Only one kind of thing at a time.
       *[other] At most { $lines_max } different things at a time.
    } Please come back for the rest.
item-repeated = { $sku } occurs twice. Please add the pieces up.
price-changed = The points for it have just changed: it takes { $points } now, not { $points_shown }. Please choose again.
out-of-stock =
    { $pieces_left ->
        [0] Sorry, { $sku } has just run out. Please choose something else.
       *[other] Sorry, only { $pieces_left } of { $sku } are left. Please take fewer, or choose something else.
    }
over-limit = { $monthly_limit ->
        [one] { $sku }: at most one a month
       *[other] { $sku }: at most { $monthly_limit } a month
    }, and you have had { $pieces_had } this month. Please come back next month.
insufficient-points = There are not enough points: it takes { $points }, and { $points_spendable } can be spent. Please choose something else.
points-expired = There are not enough points: it takes { $points }, and { $points_spendable } can be spent; { $points_expired } more are past their date. Please choose something else.
points-owed = { $points_owed } points are still owed, because something that earned them was corrected. Please earn some first: they settle what is owed.
receipt-too-long = That is too much for one receipt. Please do it in two parts.

# Stock and reversal
stock-open = The stock of { $sku } at { $station } was entered before. There is nothing more to do.
unknown-receipt = There is no such receipt. Please look at the number again.
not-a-redemption = This receipt is of something taken back already. If it is wanted again, please redeem it anew.
beyond-redemption = Of { $sku } only { $pieces_left } can still come back. Please take back less.
redemption-by-lines = To take back a part of it, please say which items of the receipt come back.
already-reversed = This was taken back before. There is nothing more to do.

# The fields of a request
field-name = name
field-accounts = accounts that are limited
field-activity = code of the activity
field-actor = name of who acts
field-building-group = building group
field-card = card number
field-check-out = check-out
field-confirmed-by = name of the person who confirmed it
field-consent-on = day of consent
field-cost-fen-limit = cost or the monthly limit
field-credential = code of the credential
field-date = date
field-device = device
field-end = end
field-ends-at = end
field-entered-by = name of the person who entered it
field-expires-at = expiry
field-floor = floor
field-grid = grid
field-hold = number under which it is set aside
field-kind = kind
field-level = level
field-limit = number of the limit
field-motto = motto
field-on-behalf-of = person acted for
field-organiser = organiser
field-origin = origin
field-partner = code of the partner
field-pieces = number of pieces
field-points = number of points
field-pseudonym = pseudonym
field-quantity = quantity
field-reason = reason
field-scale = number of decimal places
field-service-day = service day
field-service-type = kind of service
field-sex = sex
field-sku = code of the offer
field-source = source
field-start = start
field-station = station
field-team = team
field-title = title
field-unit = code of the unit
field-until = cut-off time
field-valid-until = end of its validity
field-verifier = verifier of the PIN

# What a field must be
condition-minimum = at least
condition-maximum = at most
condition-version = version
expected-text-200 = at most 200 characters, without line breaks, tabs or direction marks
expected-text-64 = at most 64 characters, without line breaks, tabs or direction marks
expected-label-64 = 1 to 64 characters, without line breaks, tabs or direction marks
expected-name-200 = at most 200 characters with a letter among them, without line breaks, tabs or direction marks
expected-somebody = filled in, so that it says who did it
expected-code-64 = 1 to 64 letters from A to Z, digits, or any of . _ : / -
expected-code-16 = 1 to 16 letters from A to Z, digits, or any of . _ : / -
expected-code-8 = 1 to 8 letters from A to Z, digits, or any of . _ : / -
expected-prefix-120 = 1 to 120 letters from A to Z, digits, or any of . _ : / -, with / at the end
expected-decimal-places-9 = from 0 to 9
expected-zero-or-less = zero or less, and zero if what the account holds can expire
expected-zero-or-more = zero or more
expected-quantity-or-minus-one = from 0 to 9,007,199,254,740,991, or -1 to remove it
expected-one-or-more = one or more
expected-later-than-start = later than the start
expected-hours-24 = at most 24 hours after the beginning
expected-day-of-start = the day on which it starts
expected-years-1970-to-9999 = in the years 1970 to 9999
expected-day-or-empty = a real day, written like 2026-11-24, or empty
expected-later-than-now = later than now
expected-not-later-than-now = not later than now
expected-days-366 = at most 366 days ahead
expected-one-station = the one where the teller or the device acts
expected-no-station = empty, because volunteers and administrators are of no station
expected-no-card = empty, because only the credential of a volunteer has a card
expected-argon2id = made with Argon2id, and at most 300 characters long

# What is wrong with the rules for points
fault-not-set = nobody has set them yet
fault-unknown-rule = the kind of service { $service_type } is to follow the rule { $rule }, which is missing
fault-not-a-label = the code “{ $code_of }” must have 1 to 64 characters, without line breaks, tabs or direction marks
fault-rule-out-of-range = the rule { $rule } must give 0 to 1,000,000 points an hour, and its coefficient must be 0 to 1,000 with at most 6 decimal places
fault-grade-out-of-range = the coefficient of the grade { $grade } must be 0 to 1,000 with at most 6 decimal places
fault-award-out-of-range = an award must be 0 to 1,000,000 points
fault-limit-out-of-range = minutes must be 1 to 100,000, and the years of validity 0 to 1,000
