undone-title = Taken back
undone-lead = The points are back. If you took anything, please hand it back.
points-back = Given back
