unable-title = Not available now
unable-away = There is no connection. Nothing was done, no points were used.
unable-outbox = The machine cannot keep records. Nothing was done, no points were used.
unable-outbox-gone = The machine's records are gone. Nothing was done, no points were used. Please call staff.
unable-later = You can scan your card once it is back. If it is urgent, ask staff.
try-again-every = { $seconds ->
    [one] It tries again every second.
   *[other] It tries again every { $seconds } seconds.
}
