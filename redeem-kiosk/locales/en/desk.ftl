desk-title = Staff
desk-scan = Scan your work card to look up and reverse receipts.
desk-staff = Work card { $actor }
desk-link = Connection
desk-outbox = Records on this machine
desk-outbox-good = Good
desk-outbox-broken = Cannot be kept: look at the disk
desk-outbox-gone = The file is gone or was replaced: see K51
desk-revoked = This machine is out of service
desk-key = Public key of this machine
desk-unsettled = To be confirmed
desk-none = None
desk-line = { $tries ->
    [one] Number { $reference }, tried once
   *[other] Number { $reference }, tried { $tries } times
}
desk-foreign = Number { $reference }, of a former device: look it up by hand
desk-doubt = { $reference }: the receipt is not the right one. Look it up by hand
desk-news = Results that nobody was told
dismiss-button = All dealt with
find-receipt-button = Find a receipt
