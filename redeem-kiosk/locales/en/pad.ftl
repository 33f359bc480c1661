erase-button = Delete
submit-button = OK
digits-typed = { $count ->
    [one] { $count } digit entered
   *[other] { $count } digits entered
}
