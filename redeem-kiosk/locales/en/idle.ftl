idle-title = Are you still there?
idle-lead = If nobody presses anything, we go back to the first screen, for your privacy.
idle-seconds = seconds until then
stay-button = I am still here
