attend-title = Staff card, please
attend-lead = Staff who know you can let you in without a PIN.
attend-checking = Checking the work card…
work-card-fold = It does not scan?
work-card-label = Paste the text of the work card here
work-card-button = Check the card
