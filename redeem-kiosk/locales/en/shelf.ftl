shelf-title = What would you like?
shelf-have = Points to spend
shelf-empty = There is nothing to choose here at the moment. Please ask staff.
shelf-page = Page { $page } of { $pages }
next-page-button = Next page
previous-page-button = Previous page
pieces-left = { $pieces } left
places-left = { $places ->
    [one] { $places } place left
   *[other] { $places } places left
}
places-plenty = Places available
monthly-limit = { $pieces } a month at most
monthly-times = { $pieces } a month at most
soon = { $points ->
    [one] { $points } point to go
   *[other] { $points } points to go
}
had-enough = This month's limit reached
sold-out = None left
