# Runs a program for as long as its owner lives: standard input is a pipe that the owner holds open. However the owner
# ends, the pipe closes then, and the program is told to stop.

# What ends the owner must not end the one who cleans up after it.
trap '' INT HUP PIPE
"$@" </dev/null &
program=$!
read -r _
kill -TERM "$program"
wait "$program"
