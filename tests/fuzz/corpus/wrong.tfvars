a = var.x
b = f(1, 2)
block "l" { c = 1 }
a = 2
