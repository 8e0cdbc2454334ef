a = [1, "x", [true, null], { b = 1 }, <<E
t
E
]
a = ["y"]
