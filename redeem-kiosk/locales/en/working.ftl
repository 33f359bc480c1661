working-title = One moment
working-short = It is being done.
working-long = Still working. There is no need to press again.
working-again = No answer yet; trying again. You will not pay twice.
