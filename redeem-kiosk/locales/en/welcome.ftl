welcome-title = Scan your card
welcome-lead = Hold the QR code of your card to the scanner.
begin-button = Type the number
begin-note = Without the card, or if it does not scan.
news-done = Number { $reference }: done, receipt { $number }.
news-refused = Number { $reference }: not done, no points were used.
news-reversed = Number { $reference }: taken back, receipt { $number }.
news-help = If you left without an answer, please ask staff.
