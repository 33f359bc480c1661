# What can go wrong
not-found-title = No such page
not-found-text = The address may be mistyped, or the page may be gone. Go back to the start page.
forbidden-title = Not allowed
forbidden-text = Your credential does not allow this, and nothing was changed. Ask an administrator.
cross-site-title = Request refused
cross-site-text = This request did not come from a page of this site, so nothing was done. Go to the start page and try again from there.
too-large-title = Too large
too-large-text = What you sent is too large and was not accepted. Send less and try again.
too-many-title = Please wait
busy-title = Not available now
busy-text = The service is starting, or it cannot reach its data. Nothing was changed. Try again in a moment.
bad-request-title = Not understood
bad-request-text = Part of what was sent is missing or wrong, and nothing was changed. Go back to the previous page and try again.
broken-title = Something went wrong
broken-text = This is our fault. Try again in a moment. If it still does not work, tell the staff the reference.
wait-seconds = Too many attempts. Wait { $seconds ->
        [one] { $seconds } second
       *[other] { $seconds } seconds
    } and try again, or ask the staff at a station.
wait-minutes = Too many attempts. Wait { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    } and try again, or ask the staff at a station.
