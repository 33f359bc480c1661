# Every page
bank-name = Baoyulan points bank
demo-banner = Demonstration: all people and records are invented
skip-link = Skip to content
text-size-label = Text size
text-large = Large
text-larger = Larger
text-largest = Largest
language-label = Language
footer-note = Points are a way to say thank you. They are not money, and they cannot be exchanged for money.
home-link = Start page
error-heading = That did not work
reference = Reference { $code }
hours-and-minutes =
    { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    } { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }
hours-alone =
    { $hours ->
        [one] { $hours } hour
       *[other] { $hours } hours
    }
minutes-alone =
    { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }
older-button = Show older entries
newest-button = Back to the latest
