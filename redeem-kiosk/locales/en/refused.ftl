refused-title = Not done
nothing-done = No points were used.
card-blocked-title = Card cannot be used
points-safe = Your points are all still there.
choose-again-button = Choose again
