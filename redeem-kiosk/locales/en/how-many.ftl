how-many-title = How many?
how-many-lead = { $points ->
    [one] { $name }, { $points } point each
   *[other] { $name }, { $points } points each
}
how-many-each = Each
pieces-unit = { $pieces }
how-many-times-title = How many times?
how-many-times-lead = { $points ->
    [one] { $name }, { $points } point each time
   *[other] { $name }, { $points } points each time
}
how-many-each-time = Each time
times-unit = { $pieces }
