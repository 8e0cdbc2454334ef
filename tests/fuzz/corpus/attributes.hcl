port = 8502
log_level = "WARN", id = "a"
x = -1.5e3 y = 0x1f z = 010 b = true n = null
