bank-name = Baoyulan points bank
station = { $station } station
step-of = Step { $step } of { $steps }
back-button = Back
home-button = Home
help-button = Get help
read-aloud-button = Read aloud
language-label = Language
text-size-label = Text size
text-large = Large
text-larger = Larger
text-largest = Largest
status-starting = Connecting
status-online = Connected
status-away = Offline, retry every { $seconds } s
status-waiting = { $count } to be confirmed
agent-away = One moment, the machine is recovering.
code = Code { $code }
reference = Number { $reference }
again-button = Try again
points = { $points ->
    [one] { $points } point
   *[other] { $points } points
}
error-heading = Please note
